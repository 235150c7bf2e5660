import json

from hypothesis import given
from hypothesis import strategies as st

from repodojo.instances.certificate import Certificate
from repodojo.instances.difficulty import count_levels, measure_difficulty, rate_difficulty
from repodojo.instances.table import tabulate_instances
from repodojo.types import Instance, Verdict

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"


def certificate(**changes):
    values = {
        "nop": ("unresolved",), "oracle": ("resolved",), "unsteady": (), "leaks": (), "mutants": 4,
        "forgeries": {"exits": "unresolved"}, "survivors": ("comparison a.py:3",), **changes,
    }  # fmt: skip
    return Certificate("o__r-1", "digest", 3, **values)


def test_a_certificate_holds_only_where_everything_does():
    assert certificate().holds
    assert not certificate(nop=("unresolved", "resolved")).holds
    assert not certificate(oracle=("resolved", "timeout")).holds
    assert not certificate(unsteady=("t.py::a",)).holds
    assert not certificate(forgeries={"exits": "resolved"}).holds
    assert not certificate(leaks=("reflog: git keeps one",)).holds
    assert certificate().kill_score == 0.75
    assert certificate(mutants=0, survivors=()).kill_score is None


def test_the_table_has_a_row_for_each_instance():
    instances = [
        Instance(*(name, "o/r", "1", "0", "two words", PATCH, "", ("t",), (), "e", ("t.py",)))
        for name in ("o__r-1", "o__r-2")
    ]
    verdicts = [
        Verdict(f"o__r-1.{n}", "o__r-1", "unresolved" if n else "resolved", "tests") for n in range(4)
    ]
    first, second = tabulate_instances(instances, {"o__r-1": certificate()}, verdicts)
    assert (first["issue_words"], first["gold_lines"], first["gold_files"]) == (2, 2, 1)
    assert (first["difficulty"]["pass_rate"], first["difficulty"]["level"]) == (0.25, "hard")
    assert first["certificate"]["holds"]
    assert first["certificate"]["kill_score"] == 0.75
    assert (second["certificate"], second["difficulty"]["level"]) == (None, "unknown")
    assert json.loads(json.dumps([first, second])) == [first, second]


def test_attempts_that_were_not_measured_say_nothing_of_difficulty():
    verdicts = [Verdict("a.0", "a", "not_measured", "down"), Verdict("b.0", "b", "resolved", "tests")]
    found = measure_difficulty(["a", "b"], verdicts)
    assert (found["a"].pass_rate, found["a"].level) == (None, "unknown")
    assert found["b"].level == "easy"
    assert count_levels(found) == {"unsolved": 0, "hard": 0, "medium": 0, "easy": 1, "unknown": 1}


@given(st.integers(1, 50).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_rate_lies_in_its_interval(counts):
    found = rate_difficulty(*counts)
    assert 0 <= found.low <= found.pass_rate <= found.high <= 1
    assert (found.level == "unsolved") == (found.resolved == 0)

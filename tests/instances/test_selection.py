import random
from collections import Counter

import pytest

from repodojo.errors import InputError
from repodojo.instances.selection import select_instances
from repodojo.instances.settings import SelectionSettings
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.statistics import describe_instances, funnel
from repodojo.instances.validation import Validation
from repodojo.types import Instance

KINDS = ("comparison", "off_by_one", "wrong_method")


def settings(**changes) -> SelectionSettings:
    return SelectionSettings(
        **{"per_project": {"train": 6, "held_out": 2}, "per_function": 2, "at_least": {"train": 4}, **changes}
    )


def validation(number: int, project: str, reason: str = "") -> Validation:
    key, kind = f"o__{project}-{number:08x}", KINDS[number % 7 % 3]
    instance = Instance(
        instance_id=key, repo=f"o/{project}", version="1", base_commit="c", problem_statement="p", patch="",
        test_patch="", FAIL_TO_PASS=("t.py::a",), PASS_TO_PASS=(), environment=project, test_files=("t.py",),
        split="held_out" if project == "held" else "train",
        metadata={"kind": kind, "names_function": number % 2 == 0, "names_module": True},
    )  # fmt: skip
    return Validation(
        key, project, kind, "m.py", f"f{number // 3}", reason, instance=None if reason else instance
    )


PROVEN = [
    validation(n, project)
    for project in ("big", "small", "held")
    for n in range(30 if project == "big" else 9)
]
REJECTED = [validation(n, "big", "no_symptom") for n in range(100, 104)]
ALL = {v.candidate_id: v for v in [*PROVEN, *REJECTED]}


def test_selection_is_balanced_and_capped():
    chosen = select_instances(ALL, settings()).instances
    assert Counter(instance.environment for instance in chosen) == {"big": 6, "small": 6, "held": 2}
    kinds = Counter(instance.metadata["kind"] for instance in chosen if instance.split == "train")
    assert max(kinds.values()) - min(kinds.values()) <= 2
    functions = Counter((ALL[i.instance_id].environment, ALL[i.instance_id].function) for i in chosen)
    assert max(functions.values()) <= 2


def test_the_order_of_arrival_does_not_matter():
    shuffled = list(ALL.items())
    random.Random(1).shuffle(shuffled)
    assert select_instances(dict(shuffled), settings()) == select_instances(ALL, settings())
    assert select_instances(ALL, settings(seed=1)).instances != select_instances(ALL, settings()).instances


def test_everything_else_is_listed_with_its_reason():
    selection = select_instances(ALL, settings())
    assert len(selection.instances) + len(selection.rejected) == len(ALL)
    assert Counter(row["reason"] for row in selection.rejected) == {"not_selected": 34, "no_symptom": 4}


def test_too_few_instances_are_an_error_that_says_what_to_do():
    with pytest.raises(
        InputError,
        match=r"9 'held_out' .*at least 40 .*48 proven, 4 no_symptom\); raise .*candidates_per_project",
    ):
        select_instances(
            ALL, settings(at_least={"held_out": 40}, per_project={"held_out": 50}, per_function=9)
        )


def test_the_funnel_adds_up():
    selection = select_instances(ALL, settings())
    rows = {(row["project"], row["kind"]): row for row in funnel(ALL.values(), selection.rejected)}
    total = rows["all", "all"]
    assert (total["proposed"], total["proven"], total["selected"]) == (52, 48, 14)
    assert total["reasons"] == {"no_symptom": 4}
    assert sum(rows["big", kind]["proposed"] for kind in KINDS) == rows["big", "all"]["proposed"] == 34
    assert sum(rows[p, "all"]["selected"] for p in ("big", "small", "held")) == 14


def test_no_instance_is_of_a_repository_that_evaluation_sets_hold():
    evaluation = [SourceRow("o__small-1", "O/Small", "f" * 40, "", "", "Another issue.")]
    selection = select_instances(ALL, settings(), evaluation)
    assert {instance.environment for instance in selection.instances} == {"big", "held"}
    rows = [row for row in selection.rejected if row["environment"] == "small"]
    assert {(row["reason"], row["detail"]) for row in rows} == {("contaminated", "repository: o__small-1")}
    counted = {
        row["project"]: row for row in funnel(ALL.values(), selection.rejected) if row["kind"] == "all"
    }
    assert counted["small"]["reasons"] == {"contaminated": 9}
    assert (counted["small"]["proven"], counted["small"]["selected"]) == (9, 0)
    by_commit = select_instances(ALL, settings(decontaminate_by=("commit",)), evaluation)
    assert by_commit.instances == select_instances(ALL, settings()).instances


def test_statistics_of_nothing_are_undefined():
    found = describe_instances([], {}, {})
    assert found["share_naming_the_function"] is None
    assert found["yield"] is None

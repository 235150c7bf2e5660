from hypothesis import given
from hypothesis import strategies as st

from repodojo.instances.mining.lists import (
    compare,
    contradictions,
    published_lists,
    resolves,
    varying_tests,
)

TESTS = st.sampled_from([f"{file}.py::test_{n}" for file in "ab" for n in range(3)] + ["a.py", "b.py"])
RUNS = st.dictionaries(TESTS, st.sampled_from(["PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL"]))


def test_the_published_rule_takes_failed_and_not_error():
    gold = {"a.py::t1": "PASSED", "a.py::t2": "PASSED", "a.py::t3": "PASSED", "a.py::t4": "XFAIL"}
    empty = {"a.py::t1": "FAILED", "a.py::t2": "PASSED", "a.py::t3": "ERROR", "a.py::t4": "FAILED"}
    assert compare(gold, empty, {}) == (("a.py::t1",), ("a.py::t2",))


def test_tests_of_a_file_that_cannot_be_imported_count_by_what_they_did_before():
    gold = {"a.py::old": "PASSED", "a.py::new": "PASSED", "b.py::gone": "PASSED"}
    lists = compare(gold, {"a.py": "ERROR"}, {"a.py::old": "PASSED"})
    assert lists == (("a.py::new",), ("a.py::old",))


def test_a_rewritten_test_of_a_file_that_cannot_be_imported_fails_without_the_repair():
    gold = {"a.py::C::old[1]": "PASSED", "a.py::C::kept[1]": "PASSED", "b.py::C::old[1]": "PASSED"}
    empty = {"a.py": "ERROR", "b.py::C::old[1]": "PASSED"}
    lists = compare(gold, empty, gold, {"a.py::C::old", "b.py::C::old"})
    assert lists == (("a.py::C::old[1]",), ("a.py::C::kept[1]", "b.py::C::old[1]"))


def test_what_differs_between_runs_varies():
    runs = [{"a": "PASSED", "b": "PASSED"}, {"a": "PASSED", "b": "FAILED", "c": "PASSED"}]
    assert varying_tests(runs) == {"b", "c"}


@given(RUNS, RUNS, RUNS)
def test_gold_always_resolves_its_own_lists_and_the_empty_run_never(gold, empty, before):
    lists = compare(gold, empty, before)
    assert not set(lists.fail_to_pass) & set(lists.pass_to_pass)
    assert resolves(gold, lists) == bool(lists.fail_to_pass)
    assert not resolves(empty, lists)
    assert resolves(gold, lists.without(frozenset(lists.fail_to_pass))) is False


def test_a_published_name_cut_at_a_blank_stands_for_several_tests():
    """A cut name of FAIL_TO_PASS used to be refused where one of its tests passes without the repair too."""
    gold = dict.fromkeys(["a.py::t[x one]", "a.py::t[x two]", "a.py::u", "a.py::v"], "PASSED")
    empty = {**gold, "a.py::t[x one]": "FAILED"}
    lists, missing = published_lists(["a.py::t[x"], ["a.py::u", "a.py::gone"], gold, empty)
    assert lists == (("a.py::t[x one]",), ("a.py::t[x two]", "a.py::u"))
    assert missing == ["a.py::gone"]
    assert not contradictions(lists, gold, empty)
    never, _ = published_lists(["a.py::v"], [], gold, empty)
    assert contradictions(never, gold, empty) == ["a.py::v"]

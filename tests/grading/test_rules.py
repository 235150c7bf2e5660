"""What a status means for the tests that must pass, by each rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.rules import can_resolve, failed_tests, full_id
from repodojo.types import Instance

STATUSES = ["PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS", None]


def lists(fail_to_pass=("a",), pass_to_pass=("b",)):
    return Instance("i", "r", "1", "0" * 40, "", "", "", fail_to_pass, pass_to_pass, "e", ("t.py",))


def counted(status, rule):
    """Return whether a status counts against a patch: in FAIL_TO_PASS, in PASS_TO_PASS."""
    statuses = {} if status is None else {"a": status, "b": status}
    wrong = failed_tests(statuses, lists(), rule)
    return "a" in wrong, "b" in wrong


@pytest.mark.parametrize(
    ("rule", "table"),
    [
        ("strict", {"PASSED": (False, False), **dict.fromkeys(STATUSES[1:], (True, True))}),
        (
            "swebench",
            {
                **dict.fromkeys(["PASSED", "XFAIL"], (False, False)),
                **dict.fromkeys(["FAILED", "ERROR", None], (True, True)),
                "SKIPPED": (True, False),
                "XPASS": (False, False),
            },
        ),
        (
            "swegym",
            {
                **dict.fromkeys(["PASSED", "XFAIL", "SKIPPED", "XPASS"], (False, False)),
                **dict.fromkeys(["FAILED", "ERROR", None], (True, True)),
            },
        ),
    ],
)
def test_what_each_status_means(rule, table):
    assert {status: counted(status, rule) for status in STATUSES} == table


def test_an_id_cut_in_its_parameter_stands_for_those_that_it_starts():
    statuses = {"t.py::x[a b]": "PASSED", "t.py::x[a c]": "XFAIL", "t.py::y[a b]": "FAILED"}
    assert full_id("t.py::x[a", statuses) == "t.py::x[a b]"
    assert full_id("t.py::y[a", statuses) == "t.py::y[a b]"
    assert full_id("t.py::z[a", statuses) is None
    cut = lists(("t.py::x[a",), ("t.py::y[a",))
    assert failed_tests(statuses, cut, "swebench") == ("t.py::y[a",)
    assert failed_tests(statuses, cut, "strict") == ("t.py::x[a", "t.py::y[a")


def test_a_cut_id_whose_candidates_disagree_did_not_pass():
    statuses = {"t.py::x[a b]": "PASSED", "t.py::x[a c]": "FAILED"}
    assert failed_tests(statuses, lists(("t.py::x[a",), ()), "swebench") == ("t.py::x[a",)


def test_a_whole_id_never_stands_for_a_longer_one():
    assert full_id("t.py::x[a]", {"t.py::x[a]b]": "PASSED"}) is None
    assert full_id("t.py::x", {"t.py::x[a]": "PASSED"}) is None


def test_the_papers_rule_cuts_ids_at_their_first_blank():
    """SWE-Gym's lists were made so; for sphinx-8713 each cut id stands for several tests."""
    statuses = {"t.py::x[a b]": "FAILED", "t.py::x[a c]": "PASSED", "test_y (m.C)": "PASSED"}
    asked = lists(("t.py::x[a",), ("test_y (m.C)",))
    assert failed_tests(statuses, asked, "swegym") == ()


def test_only_the_strict_rule_wants_a_test_that_a_repair_makes_pass():
    assert not can_resolve(lists(()), "strict")
    assert can_resolve(lists(()), "swebench")
    assert can_resolve(lists(()), "swegym")


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from(STATUSES[:-1])))
def test_what_is_strictly_passed_is_passed_by_every_rule(statuses):
    wrong = {rule: set(failed_tests(statuses, lists(("a", "c")), rule)) for rule in ("strict", "swebench")}
    assert wrong["swebench"] <= wrong["strict"]
    assert set(failed_tests(statuses, lists(("a", "c")), "swegym")) <= wrong["swebench"]

from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.verdict import judge_statuses, not_measured, refuse
from repodojo.types import Instance

STATUSES = st.sampled_from(["PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS"])


def instance(fail_to_pass=("a", "b"), pass_to_pass=("c",)):
    return Instance("i", "r", "1", "0" * 40, "", "", "", fail_to_pass, pass_to_pass, "e", ("t.py",))


@given(st.dictionaries(st.sampled_from("abcd"), STATUSES))
def test_resolved_means_that_every_wanted_test_passed(statuses):
    verdict = judge_statuses(statuses, instance(), "r.0", "digest", 1.0)
    wanted = all(statuses.get(name) == "PASSED" for name in "abc")
    assert verdict.resolved == wanted
    assert set(verdict.failed_tests) == {name for name in "abc" if statuses.get(name) != "PASSED"}
    assert (verdict.cause, verdict.rollout_id, verdict.patch_digest) == ("tests", "r.0", "digest")


def test_an_instance_without_hidden_tests_is_never_resolved():
    assert judge_statuses({"c": "PASSED"}, instance(()), "", "", 0.0).outcome == "unresolved"


def test_a_test_in_both_lists_counts_once():
    assert judge_statuses({}, instance(("a",), ("a", "c")), "", "", 0.0).failed_tests == ("a", "c")


def test_the_rule_decides_what_counts():
    skipped = {"a": "PASSED", "b": "XFAIL", "c": "SKIPPED"}
    outcomes = [judge_statuses(skipped, instance(), "", "", 0.0, rule) for rule in ("strict", "swebench")]
    assert [verdict.failed_tests for verdict in outcomes] == [("b", "c"), ()]


def test_a_refused_patch_fails_every_test_and_an_unmeasured_one_none():
    assert refuse(instance(), "", "timeout", "", 1.0).failed_tests == ("a", "b", "c")
    verdict = not_measured(instance(), "", "disk", "")
    assert (verdict.outcome, verdict.failed_tests, verdict.resolved) == ("not_measured", (), False)

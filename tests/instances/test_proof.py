import pytest

from repodojo.instances.proof import Proof, Rejected, compare_runs

GOLD = {"t.py::a": "PASSED", "t.py::b": "PASSED", "t.py::c": "PASSED"}


def test_tests_are_split_by_what_the_bug_does_to_them():
    buggy = {"t.py::a": "FAILED", "t.py::b": "PASSED", "t.py::d": "FAILED"}
    assert compare_runs(GOLD.keys() | {"other.py::x"}, GOLD, buggy, 5) == Proof(
        ("t.py::a", "t.py::c"), ("t.py::b",)
    )


def test_unstable_tests_prove_nothing():
    assert compare_runs(
        {"t.py::a", "t.py::b"}, GOLD, {**GOLD, "t.py::a": "ERROR", "t.py::c": "FAILED"}, 5
    ) == Proof(("t.py::a",), ("t.py::b",))


@pytest.mark.parametrize(
    ("gold", "buggy", "reason"),
    [
        (GOLD, GOLD, "no_test_fails"),
        (GOLD, {}, "too_many_failures: 3"),
        (GOLD, {"t.py": "ERROR"}, "breaks_collection: t.py"),
        ({**GOLD, "t.py::b": "FAILED"}, GOLD, "gold_fails: t.py::b"),
    ],
)
def test_what_proves_nothing_is_rejected(gold, buggy, reason):
    with pytest.raises(Rejected, match=reason):
        compare_runs(GOLD.keys(), gold, buggy, most_failures=2)

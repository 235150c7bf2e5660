"""What tests say of a bug; a pure function of two test runs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


class Rejected(Exception):
    """A candidate is not an instance; the argument is ``reason`` or ``reason: detail``."""


@dataclass(frozen=True)
class Proof:
    """Tests that tell a project with a bug from the pristine one."""

    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]


def compare_runs(
    stable: Collection[str], gold: Mapping[str, str], buggy: Mapping[str, str], most_failures: int
) -> Proof:
    """Return which stable tests fail only with the bug, and which pass in both runs.

    Args:
        stable: tests that always pass in the pristine project.
        gold: status by test without the bug.
        buggy: status by test with it; a file that cannot be collected has its path as id.
        most_failures: more than this is no single fault.

    Raises:
        Rejected: a stable test fails without the bug, none fails with it, a file cannot be collected, or too
            many fail.
    """
    tests = [test for test in sorted(stable) if test in gold]
    if unstable := [test for test in tests if gold[test] != "PASSED"]:
        raise Rejected(f"gold_fails: {unstable[0]}")
    if broken := sorted(test for test in buggy if "::" not in test):
        raise Rejected(f"breaks_collection: {', '.join(broken)}")
    failing = tuple(test for test in tests if buggy.get(test) != "PASSED")
    if not failing:
        raise Rejected("no_test_fails")
    if len(failing) > most_failures:
        raise Rejected(f"too_many_failures: {len(failing)}")
    return Proof(failing, tuple(test for test in tests if buggy.get(test) == "PASSED"))

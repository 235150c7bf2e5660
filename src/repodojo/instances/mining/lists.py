"""FAIL_TO_PASS and PASS_TO_PASS from test runs, and which tests cannot be trusted; pure functions.

The published rule (`run_validation` of SWE-bench) takes tests that are PASSED with the gold patch and FAILED
without. Where a test file cannot be imported without the patch, every test of it is missing: those that
passed before the hidden tests came, and are as they were, are PASS_TO_PASS, only the others are FAIL_TO_PASS.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from repodojo.instances.sources.test_ids import match_ids

Statuses = Mapping[str, str]


class Lists(NamedTuple):
    """The two lists of an instance."""

    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]

    def without(self, tests: frozenset[str]) -> "Lists":
        """Return the lists without some tests."""
        return Lists(*(tuple(test for test in part if test not in tests) for part in self))


def uncollected_files(statuses: Statuses) -> frozenset[str]:
    """Return the test files that could not be imported."""
    return frozenset(name for name, status in statuses.items() if status == "ERROR" and "::" not in name)


def compare(gold: Statuses, empty: Statuses, before: Statuses, changed: Collection[str] = ()) -> Lists:
    """Return the lists that single runs give.

    Args:
        gold: with the gold patch and the hidden tests.
        empty: with the hidden tests alone.
        before: with neither; read only for files that ``empty`` could not import.
        changed: ids, without parameters, of tests that are added or rewritten; read only for such files.
    """
    uncollected = uncollected_files(empty)
    fail, succeed = [], []
    for test in sorted(name for name, status in gold.items() if status == "PASSED" and "::" in name):
        status = empty.get(test)
        missing = status is None and test.partition("::")[0] in uncollected
        kept = before.get(test) == "PASSED" and test.partition("[")[0] not in changed
        if status == "PASSED" or (missing and kept):
            succeed.append(test)
        elif status == "FAILED" or missing:
            fail.append(test)
    return Lists(tuple(fail), tuple(succeed))


def varying_tests(runs: Sequence[Statuses]) -> frozenset[str]:
    """Return the tests whose status, or whose being there, differs between runs of the same code."""
    names = frozenset().union(*runs) if runs else frozenset()
    return frozenset(name for name in names if len({run.get(name) for run in runs}) > 1)


def published_lists(
    fail: Sequence[str], succeed: Sequence[str], gold: Statuses, empty: Statuses
) -> tuple[Lists, list[str]]:
    """Return published lists by the names that a run with the gold patch shows, and the names it does not.

    Published names are often cut at the first blank, and then stand for several tests: of those under a
    failing name, the ones that pass without the gold patch too are PASS_TO_PASS, unless no other is left.
    """
    failing, succeeding = (match_ids(names, gold) for names in (fail, succeed))
    fail_ids: set[str] = set()
    for tests in failing.seen.values():
        fail_ids |= {test for test in tests if empty.get(test) != "PASSED"} or set(tests)
    seen = {test for each in (failing, succeeding) for tests in each.seen.values() for test in tests}
    lists = Lists(tuple(sorted(fail_ids)), tuple(sorted(seen - fail_ids)))
    return lists, [*failing.missing, *succeeding.missing]


def contradictions(lists: Lists, gold: Statuses, empty: Statuses) -> list[str]:
    """Return the listed tests that do not do what their list says."""
    failing = [test for part in lists for test in part if gold.get(test) != "PASSED"]
    passing = [test for test in lists.fail_to_pass if empty.get(test) == "PASSED"]
    return sorted({*failing, *passing})


def resolves(statuses: Statuses, lists: Lists) -> bool:
    """Whether a run passes every listed test."""
    return bool(lists.fail_to_pass) and all(statuses.get(test) == "PASSED" for part in lists for test in part)


def describe(gold: Statuses, empty: Statuses) -> str:
    """Say what the first two runs did."""
    broken = sorted(uncollected_files(gold))
    told = f"with the gold patch {_counts(gold)}; without it {_counts(empty)}"
    return told + (f"; not collected with it: {', '.join(broken[:3])}" if broken else "")


def _counts(statuses: Statuses) -> str:
    counted = sorted(Counter(statuses.values()).items())
    return ", ".join(f"{number} {status}" for status, number in counted) or "no test ran"

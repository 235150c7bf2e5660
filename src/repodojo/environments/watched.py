"""What a project's tests do, as far as two runs of them in two processes agree; pure functions.

Addresses differ between processes, and with them the order of some sets (of what holds ``None``, before
Python 3.12) and the ids of tests that are parametrised by one: the same id then names another case each
time. Such a function is no evidence, whichever of its ids happen to agree.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

Lines = Mapping[str, frozenset[int]]
"""Lines by module."""


@dataclass(frozen=True)
class Watched:
    """What the tests did, as the probe saw it."""

    coverage: Mapping[str, Lines]
    """Lines by module by test id."""
    calls: tuple[dict[str, str], ...]
    """Calls seen: module, name, expression, path, function."""


def agree(first: Watched, second: Watched) -> Watched:
    """Return what two runs did alike: tests, the lines of each, and calls, in an order of their own."""
    drifting = _drifting_functions(first.coverage, second.coverage)
    coverage = {
        test: _common(lines, second.coverage[test])
        for test, lines in first.coverage.items()
        if test in second.coverage and _function_of(test) not in drifting
    }
    made = {_key(call) for call in first.calls} & {_key(call) for call in second.calls}
    return Watched(coverage, tuple(map(dict, sorted(made))))


def split_watched(
    stable: Collection[str], quarantined: Collection[str], watched: Watched
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Quarantine also the stable tests that were not watched alike twice, by function: ids may drift."""
    kept = frozenset(stable) & watched.coverage.keys()
    return kept, tuple(sorted({*quarantined, *map(_function_of, frozenset(stable) - kept)}))


def _drifting_functions(first: Mapping[str, Lines], second: Mapping[str, Lines]) -> set[str]:
    """Return the parametrised functions whose cases, or what a case executes, differ."""
    cases: tuple[dict[str, dict[str, Lines]], ...] = (defaultdict(dict), defaultdict(dict))
    for coverage, by_function in zip((first, second), cases, strict=True):
        for test, lines in coverage.items():
            if "[" in test:
                by_function[_function_of(test)][test] = lines
    return {name for name in cases[0].keys() | cases[1].keys() if cases[0].get(name) != cases[1].get(name)}


def _function_of(test: str) -> str:
    return test.split("[", 1)[0]


def _common(first: Lines, second: Lines) -> Lines:
    return {path: both for path, lines in first.items() if (both := lines & second.get(path, frozenset()))}


def _key(call: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(call.items()))

"""The edits of a definition, each with its share of the definition's worth."""

import math
from collections.abc import Iterator

from repodojo.policies.repairs import commands
from repodojo.policies.repairs.history import Knowledge, Rewrite
from repodojo.policies.repairs.issue import Issue
from repodojo.policies.repairs.operators import Change, find_changes, find_default_changes
from repodojo.policies.repairs.prior import change_score
from repodojo.policies.repairs.source import Function, following_statements
from repodojo.policies.repairs.statements import find_statement_changes

_NONE_OF_THEM = 4.0
"""Odds that none of a definition's edits is the repair."""


def weigh_edits(
    function: Function, code: dict[int, str], worth: float, issue: Issue, known: Knowledge
) -> list[tuple[str, float]]:
    """Return the commands that try an edit not tried before, with their worth."""
    text = known.listings[function.path].lines
    following = following_statements(function.numbers, code)
    places = _places(text, known.at)
    scores: dict[Rewrite, float] = {}
    for number, change in _changes(function, code, text, following.get(function.numbers[0], 0)):
        old = text[number]
        if places[old] == number:
            score = change_score(issue, change, old, text.get(following.get(number, -1), ""))
            score += 2.0 * any(frame.line == number for frame in known.frames)
            new = old[: change.start] + change.new + old[change.end :]
            scores.setdefault(Rewrite(function.path, old, new), math.exp(score))
    share = worth * len(scores) ** 0.7 / (sum(scores.values()) + _NONE_OF_THEM)
    damping, lines = _damping(known), issue.expected.count("\n") + 1
    return [
        (commands.attempt(*edit, lines), odds * share * damping.get(edit[:2], 1.0))
        for edit, odds in scores.items()
        if edit not in known.edits
    ]


def _places(text: dict[int, str], at: int) -> dict[str, int]:
    """Return the number at which the tools replace each line: the first from ``at`` on, else the first."""
    places: dict[str, int] = {}
    for number in sorted(text):
        if places.setdefault(text[number], number) < at <= number:
            places[text[number]] = number
    return places


def _changes(
    function: Function, code: dict[int, str], text: dict[int, str], body: int
) -> Iterator[tuple[int, Change]]:
    """Yield the changes of the header's defaults and of the body, which starts at line ``body``."""
    for number in function.numbers:
        find = find_changes if function.is_class or number >= body else find_default_changes
        yield from ((number, change) for change in find(code[number], text[number]))
    yield from find_statement_changes(function.numbers, code)


def _damping(known: Knowledge) -> dict[tuple[str, str], float]:
    """Lower the worth of a line with each try, more where the try changed nothing."""
    result: dict[tuple[str, str], float] = {}
    for edit, changed in known.edits.items():
        line = edit[:2]
        result[line] = result.get(line, 1.0) * (0.75 if changed else 0.45)
    return result

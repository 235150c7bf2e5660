"""The edits of a definition, each with its share of the definition's worth."""

import math
import re
from collections.abc import Iterator

from repodojo.policies.repairs import commands
from repodojo.policies.repairs.history import Knowledge
from repodojo.policies.repairs.issue import Issue
from repodojo.policies.repairs.operators import Change, find_changes, find_default_changes
from repodojo.policies.repairs.prior import change_score
from repodojo.policies.repairs.source import Function, following_statements
from repodojo.policies.repairs.statements import find_statement_changes
from repodojo.substitution import Edit, sed_command, undo_pattern

_NONE_OF_THEM = 4.0
"""Odds that none of a definition's edits is the repair."""


def weigh_edits(
    function: Function, code: dict[int, str], worth: float, issue: Issue, known: Knowledge
) -> list[tuple[str, float]]:
    """Return the commands that try an edit not tried before, with their worth."""
    text = known.listings[function.path].lines
    following = following_statements(function.numbers, code)
    scores: dict[str, float] = {}
    for number, change in _changes(function, code, text, following.get(function.numbers[0], 0)):
        old = text[number][change.start : change.end]
        pair = undo_pattern(Edit(number, change.start, change.new, old), text[number])
        edit = pair and _quote(sed_command(number, *pair, function.path))
        if edit:
            score = change_score(issue, change, text[number], text.get(following.get(number, -1), ""))
            score += 2.0 * any(frame.line == number for frame in known.frames)
            scores.setdefault(edit, math.exp(score))
    share = worth * len(scores) ** 0.7 / (sum(scores.values()) + _NONE_OF_THEM)
    damping, lines = _damping(known), issue.expected.count("\n") + 1
    return [
        (commands.attempt(edit, lines), odds * share * damping.get(_line_of(edit), 1.0))
        for edit, odds in scores.items()
        if edit not in known.edits
    ]


def _changes(
    function: Function, code: dict[int, str], text: dict[int, str], body: int
) -> Iterator[tuple[int, Change]]:
    """Yield the changes of the header's defaults and of the body, which starts at line ``body``."""
    for number in function.numbers:
        find = find_changes if function.is_class or number >= body else find_default_changes
        yield from ((number, change) for change in find(code[number], text[number]))
    yield from find_statement_changes(function.numbers, code)


def _quote(command: str) -> str:
    """Put a script that holds a single quote into double quotes; empty where the shell reads it otherwise."""
    if command.count("'") == 2:
        return command
    script = command[command.index("'") + 1 : command.rindex("'")]
    return "" if re.search(r'["$`\\!]', script) else command.replace(f"'{script}'", f'"{script}"')


def _damping(known: Knowledge) -> dict[str, float]:
    """Lower the worth of a line with each try, more where the try changed nothing."""
    result: dict[str, float] = {}
    for edit, changed in known.edits.items():
        line = _line_of(edit)
        result[line] = result.get(line, 1.0) * (0.75 if changed else 0.45)
    return result


def _line_of(edit: str) -> str:
    """Return the line number and the file of an edit's command."""
    return re.sub(r"sed -i .(\d+)s.* (\S+)$", r"\1 \2", edit)

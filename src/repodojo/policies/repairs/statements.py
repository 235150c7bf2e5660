"""Edits of a statement that make sense only among the statements around it."""

import re
from collections.abc import Iterator, Sequence

from repodojo.policies.repairs.operators import Change
from repodojo.policies.repairs.source import opened

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][\w.]*) ([-+*/|&]?=)(?!=)")
_EXPRESSION = re.compile(
    r"\s*(?!(?:return|yield|raise|assert|del|pass|else|try|not|lambda|await)\b)[\w.]+[\[(.]"
)
_ACTS = re.compile(
    r"\s*(?:[\w.]+\.(?:append|extend|add|update|sort|insert|remove|clear|write|close|setdefault|discard)"
    r"|print|super\(\)\.__init__|warnings\.warn|setattr)\("
)


def find_statement_changes(numbers: Sequence[int], code: dict[int, str]) -> Iterator[tuple[int, Change]]:
    """Yield, by line, assignments that could add up and expressions that could be returned."""
    assigned: set[str] = set()
    depth = 0
    for number in numbers:
        line = code[number]
        starts, depth = depth == 0, depth + opened(line)
        if not starts or number == numbers[0] or not line.strip("\0 "):
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment and assignment[2] == "=" and assignment[1] in assigned:
            yield number, Change("added_up", assignment.start(2), assignment.end(2), "+=")
        elif (
            not assignment and _EXPRESSION.match(line) and not _ACTS.match(line) and line.rstrip()[-1] != ":"
        ):
            indent = len(line) - len(line.lstrip())
            yield number, Change("returned", indent, indent, "return ")
        if assignment:
            assigned.add(assignment[1])

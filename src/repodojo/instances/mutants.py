"""Bugs around a repair, to see whether an instance's tests would notice them; a pure function."""

import re

from repodojo.grading.patches import parse_patch
from repodojo.instances.injection import Mutation, inject_bugs
from repodojo.instances.injection.source import Source

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def mutate_around(patch: str, path: str, fixed: str, most: int, seed: int) -> list[Mutation]:
    """Return at most ``most`` bugs in the functions of a module that a patch touches, in turn.

    Args:
        patch: the repair.
        path: the module.
        fixed: its text with the repair.
        most: how many.
        seed: decides which.
    """
    touched = _new_lines(patch, path)
    allowed: set[int] = set()
    for function in Source(fixed).functions():
        span = range(function.node.lineno, (function.node.end_lineno or 0) + 1)
        if touched.intersection(span):
            allowed.update(span)
    found = inject_bugs(fixed, path, allowed, seed, most)
    by_function: dict[str, list[Mutation]] = {}
    for mutation in found:
        by_function.setdefault(mutation.function, []).append(mutation)
    turns = [group[turn] for turn in range(most) for group in by_function.values() if turn < len(group)]
    return turns[:most]


def _new_lines(patch: str, path: str) -> set[int]:
    """Return the lines of the new file that hunks add or stand around."""
    touched: set[int] = set()
    for file in parse_patch(patch):
        if file.new_path == path:
            for hunk in _HUNK.finditer(file.text):
                body = file.text[hunk.end() :].split("\n@@ ", 1)[0].split("\n")[1:]
                touched |= _touched(int(hunk[1]), body)
    return touched


def _touched(first: int, body: list[str]) -> set[int]:
    touched, number = set[int](), first
    for line in body:
        if line[:1] in ("+", "-"):
            touched.add(number)
        number += line[:1] in ("+", " ")
    return touched

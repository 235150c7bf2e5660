"""Real fixes taken back: the bug that a past patch mended, put into today's code.

The hunks of the fix are sought in today's text by what they left there, first with all their context, then
with less at both ends, and where a text stands at several places the one nearest to where the hunk says.
Taken back are fixes of one module only, which is what a `Mutation` can hold. A pure function of texts.
"""

import ast
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from repodojo.errors import InputError
from repodojo.grading.hunks import split_hunks
from repodojo.grading.patches import FilePatch, is_protected, parse_patch
from repodojo.instances.injection.inject import Mutation
from repodojo.instances.injection.source import Source
from repodojo.instances.splitting import split_lines

REVERSED_FIX = "reversed_fix"


class _Hunk(NamedTuple):
    first: int
    """Line (from 0) of the fixed file that it starts at."""
    lines: tuple[str, ...]
    """With their marks."""


class _Place(NamedTuple):
    start: int
    fixed: list[str]
    faulty: list[str]


def reverse_fix(patch: str, sources: Mapping[str, str]) -> Mutation:
    """Return the bug that taking back a fix makes of today's modules.

    Args:
        patch: the fix, a git diff; what it does to tests and to files that are not Python is left alone.
        sources: today's modules by path.

    Raises:
        InputError: why it cannot be taken back, one word first.
    """
    file = _only_module(patch, sources)
    text = sources[file.new_path]
    fixed = split_lines(text)
    places = sorted((_find(hunk, fixed) for hunk in _hunks(file)), key=lambda place: place.start)
    if any(one.start + len(one.fixed) > other.start for one, other in pairwise(places)):
        raise InputError("code_has_changed: two hunks of the fix would lie on each other")
    faulty = list(fixed)
    for place in reversed(places):
        faulty[place.start : place.start + len(place.fixed)] = place.faulty
    return _mutation(file.new_path, text, "".join(faulty), set[int]().union(*map(_touched, places)))


def _only_module(patch: str, sources: Mapping[str, str]) -> FilePatch:
    files = [file for file in parse_patch(patch) if file.new_path.endswith(".py")]
    code = [file for file in files if not is_protected(file.new_path)]
    if len(code) != 1:
        raise InputError(f"not_one_module: the fix changes {len(code)} modules, expected 1")
    (file,) = code
    if file.created or file.old_path != file.new_path or "\n+++ /dev/null" in file.text:
        raise InputError(f"not_an_edit: {file.new_path} is added, removed or renamed")
    if file.new_path not in sources:
        raise InputError(f"module_gone: no test executes a module {file.new_path}")
    return file


def _hunks(file: FilePatch) -> list[_Hunk]:
    """Return the hunks; a file without a last line end is taken as if it had one."""
    found = split_hunks(file.text)
    if not found:
        raise InputError(f"not_an_edit: {file.new_path} has no hunk")
    return [
        _Hunk(max(hunk.new - 1, 0), tuple(f"{line}\n" for line in hunk.lines if not line.startswith("\\")))
        for hunk in found
    ]


def _find(hunk: _Hunk, text: list[str]) -> _Place:
    """Return where today's text holds what a hunk left, with as much of its context as is still there."""
    before, after = _context(hunk.lines), _context(hunk.lines[::-1])
    for context in range(max(before, after), -1, -1):
        lines = hunk.lines[max(before - context, 0) : len(hunk.lines) - max(after - context, 0)]
        fixed = [line[1:] for line in lines if line[:1] in ("+", " ")]
        if not context and all(line[:1] == "-" for line in lines):
            break
        places = [i for i in range(len(text) - len(fixed) + 1) if text[i : i + len(fixed)] == fixed]
        if places:
            wanted = hunk.first + max(before - context, 0)
            start = min(places, key=lambda place: (abs(place - wanted), place))
            return _Place(start, fixed, [line[1:] for line in lines if line[:1] in ("-", " ")])
    raise InputError(f"code_has_changed: what the fix left at line {hunk.first + 1} is not there any more")


def _context(lines: Sequence[str]) -> int:
    """Count the lines of context that come first."""
    return next((number for number, line in enumerate(lines) if line[:1] != " "), len(lines))


def _touched(place: _Place) -> set[int]:
    """Return the lines (from 1) of today's text that differ, or those around where only the bug has lines."""
    first, last = _differing(place.fixed, place.faulty)
    numbers = range(first, last) if first < last else (first - 1, first)
    return {place.start + number + 1 for number in numbers}


def _differing(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return the range of the old lines outside which both are the same."""
    first = _shared(old, new)
    return first, len(old) - _shared(old[first:][::-1], new[first:][::-1])


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the lines that two sequences begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _mutation(path: str, fixed: str, faulty: str, touched: set[int]) -> Mutation:
    try:
        if ast.dump(ast.parse(fixed)) == ast.dump(ast.parse(faulty)):
            raise InputError("no_code: the fix changes no code, only comments or layout")
    except (SyntaxError, ValueError) as error:
        raise InputError(f"does_not_parse: {error}") from error
    source = Source(fixed)
    spans = {
        function.name: range(function.node.lineno, (function.node.end_lineno or 0) + 1)
        for function in source.functions()
    }
    holding = [name for name, span in spans.items() if touched & set(span)]
    if not holding:
        raise InputError("outside_functions: the fix changes no function")
    old, new = split_lines(fixed), split_lines(faulty)
    first, last = _differing(old, new)
    start, end = (len("".join(old[:line]).encode()) for line in (first, last))
    return Mutation(
        kind=REVERSED_FIX,
        path=path,
        function=holding[0],
        lines=tuple(sorted(touched)),
        start=start,
        end=end,
        old="".join(old[first:last]),
        new="".join(new[first : len(new) - (len(old) - last)]),
    )

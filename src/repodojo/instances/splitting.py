"""Takes tests out of test files and writes what changed as git-style patches; pure functions of text.

A test function goes with its decorators, the comment right above it and every definition of its name, so no
case of it can be collected. Parametrised cases that pass in spite of the bug go too and stay in
PASS_TO_PASS: grading puts the whole function back before it runs anything.
"""

import ast
import difflib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from repodojo.errors import BuildError

_CONTEXT = 3


def functions_of(test_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return, by test file, the functions (``name`` or ``Class.name``) that test ids belong to.

    Raises:
        BuildError: an id names no function.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for test_id in test_ids:
        head = test_id.split("[", 1)[0]
        file, *parts = head.split("::")
        if not parts:
            raise BuildError(f"{test_id}: not the id of a test function")
        found[file].add(".".join(parts))
    return {file: frozenset(names) for file, names in found.items()}


def cut_functions(text: str, names: Collection[str]) -> str:
    """Return a module without some of its functions.

    Raises:
        BuildError: a function is not defined there, is used by what stays, or the rest does not parse.
    """
    tree = ast.parse(text)
    cut = list(_definitions(tree.body, "", frozenset(names)))
    missing = set(names) - {name for name, _, _ in cut}
    if missing:
        raise BuildError(f"{', '.join(sorted(missing))}: not defined in the file that runs it")
    nodes = [node for _, node, _ in cut]
    used = {name.rpartition(".")[2] for name in names} & _names_used(tree, nodes)
    if used:
        raise BuildError(f"{', '.join(sorted(used))}: used by what stays")
    changed = _without(text.splitlines(keepends=True), cut)
    try:
        ast.parse(changed)
    except SyntaxError as error:
        raise BuildError(f"the file does not parse without {', '.join(sorted(names))}: {error}") from error
    return changed


def make_patch(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return a git-style patch that turns the files of ``old`` into those of ``new``, of the same paths."""
    parts = []
    for path in sorted(old):
        if old[path] != new[path]:
            lines = difflib.unified_diff(
                split_lines(old[path]), split_lines(new[path]), f"a/{path}", f"b/{path}", n=_CONTEXT
            )
            body = "".join(
                line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
            )
            parts.append(f"diff --git a/{path} b/{path}\n{body}")
    return "".join(parts)


def split_lines(text: str) -> list[str]:
    """Split at line feeds only, as git does."""
    *lines, rest = text.split("\n")
    return [f"{line}\n" for line in lines] + [rest] * bool(rest)


Definition = tuple[str, ast.stmt, list[ast.stmt]]
"""Qualified name, node, and the statements of its block."""


def _definitions(body: list[ast.stmt], prefix: str, names: frozenset[str]) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if prefix + node.name in names:
                yield prefix + node.name, node, body
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{prefix}{node.name}.", names)
        else:
            for block in _blocks(node):
                yield from _definitions(block, prefix, names)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement (``if``, ``try``, ``with``, ``for``)."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for handler in getattr(node, "handlers", []):
        yield handler.body


def _names_used(tree: ast.Module, left_out: list[ast.stmt]) -> set[str]:
    """Return the names that a module reads, outside the nodes left out."""
    hidden = {id(node) for node in chain.from_iterable(map(ast.walk, left_out))}
    used = set()
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
    return used


def _without(lines: list[str], cut: list[Definition]) -> str:
    """Drop the lines of definitions, and put ``pass`` where nothing would be left of a block."""
    nodes = {id(node) for _, node, _ in cut}
    for _, node, block in sorted(cut, key=lambda definition: definition[1].lineno, reverse=True):
        first, last = _extent(node, lines)
        filler = []
        if all(id(other) in nodes for other in block) and block[0] is node:
            filler = [" " * node.col_offset + "pass\n"]
        lines[first:last] = filler
    return "".join(lines)


def _extent(node: ast.stmt, lines: list[str]) -> tuple[int, int]:
    """Return the lines (from 0) of a definition with its decorators, comment and the blank lines after it."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    last = node.end_lineno or node.lineno
    while last < len(lines) and not lines[last].strip():
        last += 1
    return first, last

"""Source text with the byte spans of its syntax tree; edits replace exact segments, so formatting stays."""

import ast
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Replacement(NamedTuple):
    """New text for the bytes ``start:end``."""

    start: int
    end: int
    new: str


class Place(NamedTuple):
    """A node inside a function, with the statement that it belongs to."""

    node: ast.AST
    statement: ast.stmt
    block: list[ast.stmt]
    """The statements beside ``statement``."""
    parent: ast.AST
    function: FunctionNode


class Function(NamedTuple):
    """An outermost function or method of a module."""

    name: str
    """``name``, or ``Class.name``."""
    node: FunctionNode


class Source:
    """A module's text and syntax tree."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.tree = ast.parse(self.data)
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return the bytes that a node covers (parentheses around it are not part of it)."""
        where: ast.expr = node  # type: ignore[assignment]  # every node used here has a position
        end_line, end_column = where.end_lineno or where.lineno, where.end_col_offset or 0
        return self._starts[where.lineno - 1] + where.col_offset, self._starts[end_line - 1] + end_column

    def text(self, node: ast.AST) -> str:
        """Return a node's own text."""
        start, end = self.span(node)
        return self.between(start, end)

    def between(self, start: int, end: int) -> str:
        """Return the text of a span."""
        return self.data[start:end].decode()

    def lines_of(self, node: ast.AST) -> tuple[int, int]:
        """Return the span of the whole lines that a statement covers, with its line ends."""
        start, end = self.span(node)
        return self._starts[self.line_at(start) - 1], self._starts[self.line_at(end - 1)]

    def start_of(self, line: int) -> int:
        """Return the first byte of a line (from 1)."""
        return self._starts[line - 1]

    def line_at(self, offset: int) -> int:
        """Return the line (from 1) that holds a byte."""
        return bisect_right(self._starts, offset)

    def functions(self) -> Iterator[Function]:
        """Yield the module's functions and the methods of its classes, in order."""
        yield from _functions(self.tree.body, "")


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, FunctionNode):
            yield Function(prefix + node.name, node)
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from _functions([*node.body, *node.orelse], prefix)


def parameter_names(function: FunctionNode) -> tuple[str, ...]:
    """Return the names of a function's parameters, without the starred ones."""
    arguments = function.args
    return tuple(
        argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    )


def places(function: FunctionNode) -> Iterator[Place]:
    """Yield every node of a function's body that an edit may touch.

    Left out: docstrings, decorators, annotations, and the inside of f-strings (whose positions are wrong
    before Python 3.12).
    """
    for statement in function.body:
        if not is_docstring(statement):
            yield from _walk(Place(statement, statement, function.body, function, function))


def _walk(place: Place) -> Iterator[Place]:
    yield place
    node = place.node
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name in ("decorator_list", "annotation", "returns", "args") and not isinstance(node, ast.Call):
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.stmt):
                if not is_docstring(child):
                    yield from _walk(Place(child, child, children, node, place.function))
            elif isinstance(child, ast.AST):
                yield from _walk(Place(child, place.statement, place.block, node, place.function))


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is nothing but a text."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )

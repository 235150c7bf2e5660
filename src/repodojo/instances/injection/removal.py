"""Functions without their body: the task is to write it again."""

import ast
from collections.abc import Collection

from repodojo.instances.injection.inject import Mutation
from repodojo.instances.injection.source import Function, Source, is_docstring

REMOVED_FUNCTION = "removed_function"
_LEAST_STATEMENTS = 2
"""A function of fewer is given away by its name."""


def remove_functions(text: str, path: str, lines: Collection[int]) -> list[Mutation]:
    """Return a bug for each function whose body, all but its docstring, raises NotImplementedError instead.

    Args:
        text: the module.
        path: its place in the project.
        lines: the lines that may change; one of a function's body must be among them.
    """
    source = Source(text)
    allowed = frozenset(lines)
    removed = (_remove(function, source, path) for function in source.functions())
    return [mutation for mutation in removed if mutation and allowed.intersection(mutation.lines)]


def _remove(function: Function, source: Source, path: str) -> Mutation | None:
    body = [node for node in function.node.body if not is_docstring(node)]
    statements = [node for part in body for node in ast.walk(part) if isinstance(node, ast.stmt)]
    if len(statements) < _LEAST_STATEMENTS or body[0].lineno == function.node.lineno:
        return None
    first, last = _first_line(body[0]), body[-1]
    start, end = source.start_of(first), source.lines_of(last)[1]
    indent = source.between(start, start + body[0].col_offset)
    if indent.strip() or source.between(source.span(last)[1], end).strip()[:1] not in ("", "#"):
        return None
    new = f"{indent}raise NotImplementedError\n"
    executed = tuple(sorted({node.lineno for node in body}))
    return Mutation(
        REMOVED_FUNCTION, path, function.name, executed, start, end, source.between(start, end), new
    )


def _first_line(statement: ast.stmt) -> int:
    """Return the line that a statement starts at, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])

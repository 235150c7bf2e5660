"""Python source as code spans: imports, functions, classes and methods, and what lies between them."""

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a file; every line of the file is in exactly one."""

    span_id: str
    """``imports``, ``name``, ``Class.method`` or, for other code, ``impl:LINE``."""
    start: int
    """First line, counted from 1."""
    end: int
    """Last line."""
    whole_end: int
    """Last line of the class that starts here; otherwise the last line."""


@lru_cache(maxsize=512)
def split_spans(text: str) -> tuple[Span, ...]:
    """Cut a file into spans; text that is not Python is one span."""
    count = text.count("\n") + 1
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return (Span("impl:1", 1, count, count),)
    starts = list(_starts(body))
    if not starts or starts[0][1] > 1:
        starts.insert(0, ("imports" if _imports(body) else "impl:1", 1, 0))
    ends = [start - 1 for _, start, _ in starts[1:]] + [count]
    names: dict[str, int] = {}
    spans = []
    for (name, start, whole), end in zip(starts, ends, strict=True):
        names[name] = names.get(name, 0) + 1
        span_id = name if names[name] == 1 else f"{name}_{names[name]}"
        spans.append(Span(span_id, start, end, max(end, whole)))
    return tuple(spans)


def find_span(spans: Sequence[Span], span_id: str) -> Span | None:
    """Return the span of that id, if there is one."""
    return next((span for span in spans if span.span_id == span_id), None)


def _starts(body: Sequence[ast.stmt]) -> Iterator[tuple[str, int, int]]:
    """Yield name, first line and, for classes, the last line of the whole."""
    after_definition = False
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            is_class = isinstance(node, ast.ClassDef)
            yield node.name, _first_line(node), (node.end_lineno or 0) if is_class else 0
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield f"{node.name}.{inner.name}", _first_line(inner), 0
            after_definition = True
        elif after_definition:
            yield f"impl:{node.lineno}", node.lineno, 0
            after_definition = False


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _imports(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Import | ast.ImportFrom) for node in body)

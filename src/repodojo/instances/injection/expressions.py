"""Bugs in operators and operands."""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from repodojo.instances.injection.source import Place, Replacement, Source

_COMPARISONS = {
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=",),
    "!=": ("==",),
}
_MEMBERSHIPS = {"in": ("not in",), "not in": ("in",), "is": ("is not",), "is not": ("is",)}
_ARITHMETIC = {
    "+": ("-",),
    "-": ("+",),
    "*": ("+", "//"),
    "/": ("//", "*"),
    "//": ("/", "*"),
    "%": ("//", "*"),
    "**": ("*",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
}
_OPERATOR = re.compile(r"not\s+in|is\s+not|in|is|<<|>>|<=|>=|==|!=|\*\*|//|[<>+\-*/%&|^]|and|or")


def comparison(place: Place, source: Source) -> Iterator[Replacement]:
    """Replace an order or equality operator."""
    yield from _compared(place.node, source, _COMPARISONS)


def membership(place: Place, source: Source) -> Iterator[Replacement]:
    """Turn ``in`` or ``is`` into its contrary, or back."""
    yield from _compared(place.node, source, _MEMBERSHIPS)


def _compared(node: ast.AST, source: Source, table: Mapping[str, tuple[str, ...]]) -> Iterator[Replacement]:
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for left, right in pairwise(operands):
            yield from _swapped(source, left, right, table)


def boolean_operator(place: Place, source: Source) -> Iterator[Replacement]:
    """Swap ``and`` and ``or``."""
    node = place.node
    if isinstance(node, ast.BoolOp):
        for left, right in pairwise(node.values):
            yield from _swapped(source, left, right, {"and": ("or",), "or": ("and",)})


def arithmetic_operator(place: Place, source: Source) -> Iterator[Replacement]:
    """Replace an arithmetic or bit operator of numbers (of what is not plainly text)."""
    node = place.node
    if isinstance(node, ast.BinOp) and not (_is_text(node.left) or _is_text(node.right)):
        yield from _swapped(source, node.left, node.right, _ARITHMETIC)


def augmented_assignment(place: Place, source: Source) -> Iterator[Replacement]:
    """Replace the operator of an augmented assignment, or make the assignment plain."""
    node = place.node
    if isinstance(node, ast.AugAssign):
        start, end = source.span(node.target)[1], source.span(node.value)[0]
        gap = source.between(start, end)
        operator = gap.strip().removesuffix("=")
        replaced = ("",) if _is_text(node.value) else (*_ARITHMETIC.get(operator, ()), "")
        for new in replaced:
            yield Replacement(start, end, gap.replace(f"{operator}=", f"{new}=", 1))


def dropped_operand(place: Place, source: Source) -> Iterator[Replacement]:
    """Leave out the first or the last operand of ``and``, ``or`` or ``+``."""
    node = place.node
    if isinstance(node, ast.BoolOp):
        operands = node.values
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        operands = [node.left, node.right]
    else:
        return
    start, end = source.span(node)
    yield Replacement(start, end, source.between(start, source.span(operands[-2])[1]))
    yield Replacement(start, end, source.between(source.span(operands[1])[0], end))


def removed_negation(place: Place, source: Source) -> Iterator[Replacement]:
    """Drop a ``not``, or a minus sign before a name or call."""
    node = place.node
    if not isinstance(node, ast.UnaryOp):
        return
    start, end = source.span(node)
    if isinstance(node.op, ast.Not):
        yield Replacement(start, end, source.between(start + 3, end).lstrip())
    elif isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield Replacement(start, end, source.between(start + 1, end).lstrip())


def added_negation(place: Place, source: Source) -> Iterator[Replacement]:
    """Negate a condition that is not a comparison."""
    node = place.node
    if not isinstance(node, ast.If | ast.While | ast.IfExp | ast.comprehension):
        return
    for test in node.ifs if isinstance(node, ast.comprehension) else [node.test]:
        start, end = source.span(test)
        if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            yield Replacement(start, end, f"not {source.text(test)}")
        elif isinstance(test, ast.BoolOp):
            yield Replacement(start, end, f"not ({source.text(test)})")


def _swapped(
    source: Source, left: ast.expr, right: ast.expr, table: Mapping[str, tuple[str, ...]]
) -> Iterator[Replacement]:
    """Replace the operator between two operands; parentheses and spaces around it stay."""
    start, end = source.span(left)[1], source.span(right)[0]
    gap = source.between(start, end)
    found = _OPERATOR.search(gap)
    if found and "#" not in gap:
        for new in table.get(re.sub(r"\s+", " ", found.group()), ()):
            yield Replacement(start, end, gap[: found.start()] + new + gap[found.end() :])


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )

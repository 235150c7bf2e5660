"""Bugs in statements: lost, swapped, or with the wrong end."""

import ast
from collections.abc import Iterator

from repodojo.instances.injection.source import Place, Replacement, Source, parameter_names


def removed_statement(place: Place, source: Source) -> Iterator[Replacement]:
    """Lose a statement that only has an effect: a call, or an assignment to something that exists."""
    node = place.node
    if node is not place.statement or len(place.block) == 1:
        return
    effect = (
        isinstance(node, ast.AugAssign)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        or (isinstance(node, ast.Assign) and all(_exists(target, place) for target in node.targets))
    )
    if effect and _has_own_lines(node, source):
        yield Replacement(*source.lines_of(node), "")


def removed_guard(place: Place, source: Source) -> Iterator[Replacement]:
    """Lose an ``if`` without ``else`` whose body is one statement."""
    node = place.node
    if not isinstance(node, ast.If) or node.orelse or len(node.body) > 1 or len(place.block) == 1:
        return
    if source.text(node).startswith("if") and _has_own_lines(node, source):
        yield Replacement(*source.lines_of(node), "")


def wrong_return(place: Place, source: Source) -> Iterator[Replacement]:
    """Forget the ``return`` before a value, or swap the values of a returned pair."""
    node = place.node
    if not isinstance(node, ast.Return) or node.value is None:
        return
    start, end = source.span(node)
    if isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
        left, right = node.value.elts
        (first, first_end), (second, second_end) = source.span(left), source.span(right)
        swapped = source.text(right) + source.between(first_end, second) + source.text(left)
        yield Replacement(first, second_end, swapped)
    elif isinstance(node.value, ast.Call | ast.BinOp | ast.Name | ast.Subscript):
        yield Replacement(start, end, source.between(start + len("return"), end).lstrip())


def swapped_branches(place: Place, source: Source) -> Iterator[Replacement]:
    """Swap what an ``if`` and its ``else`` do."""
    node = place.node
    if isinstance(node, ast.IfExp):
        (start, first_end), (second, end) = source.span(node.body), source.span(node.orelse)
        swapped = source.text(node.orelse) + source.between(first_end, second) + source.text(node.body)
        yield Replacement(start, end, swapped)
    elif isinstance(node, ast.If) and node.orelse:
        start, first_end = source.span(node.body[0])[0], source.span(node.body[-1])[1]
        second, end = source.span(node.orelse[0])[0], source.span(node.orelse[-1])[1]
        if node.body[0].col_offset == node.orelse[0].col_offset:
            swapped = (
                source.between(second, end)
                + source.between(first_end, second)
                + source.between(start, first_end)
            )
            yield Replacement(start, end, swapped)


def loop_control(place: Place, source: Source) -> Iterator[Replacement]:
    """Swap ``break`` and ``continue``."""
    if isinstance(place.node, ast.Break):
        yield Replacement(*source.span(place.node), "continue")
    elif isinstance(place.node, ast.Continue):
        yield Replacement(*source.span(place.node), "break")


def narrowed_except(place: Place, source: Source) -> Iterator[Replacement]:
    """Catch only one of several exceptions."""
    node = place.node
    if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple):
        for kept in node.type.elts:
            yield Replacement(*source.span(node.type), source.text(kept))


def _has_own_lines(node: ast.AST, source: Source) -> bool:
    """Whether nothing else stands on the lines of a statement."""
    line_start, line_end = source.lines_of(node)
    start, end = source.span(node)
    return not source.between(line_start, start).strip() and source.between(end, line_end).strip()[:1] in (
        "",
        "#",
    )


def _exists(target: ast.expr, place: Place) -> bool:
    """Whether an assignment's target has a value without it: an attribute, an item, or a name set before."""
    if isinstance(target, ast.Attribute | ast.Subscript):
        return True
    if not isinstance(target, ast.Name):
        return False
    return target.id in parameter_names(place.function) or any(
        isinstance(node, ast.Name)
        and node.id == target.id
        and isinstance(node.ctx, ast.Store)
        and node.lineno < target.lineno
        for node in ast.walk(place.function)
    )

"""Bugs in calls and in the names they use."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from repodojo.instances.injection.source import (
    FunctionNode,
    Place,
    Replacement,
    Source,
    parameter_names,
)

_METHODS: tuple[tuple[str, str], ...] = (
    ("lower", "upper"),
    ("lstrip", "rstrip"),
    ("startswith", "endswith"),
    ("append", "extend"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("split", "rsplit"),
    ("partition", "rpartition"),
    ("ljust", "rjust"),
    ("isdigit", "isalpha"),
    ("isupper", "islower"),
    ("capitalize", "title"),
    ("keys", "values"),
    ("removeprefix", "removesuffix"),
    ("match", "search"),
    ("floor", "ceil"),
    ("add", "discard"),
    ("union", "intersection"),
    ("popleft", "pop"),
    ("appendleft", "append"),
    ("strip", "rstrip"),
    ("items", "keys"),
)
_FUNCTIONS: tuple[tuple[str, str], ...] = (
    ("min", "max"),
    ("any", "all"),
    ("int", "float"),
    ("sorted", "list"),
    ("tuple", "list"),
    ("ceil", "floor"),
)
_DROPPED_METHODS = {
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "copy", "items",
    "splitlines", "keys", "values", "swapcase", "decode", "encode", "bit_length", "total_seconds", "group",
}  # fmt: skip
_DROPPED_FUNCTIONS = {
    "sorted", "list", "tuple", "set", "frozenset", "int", "str", "float", "bool", "abs", "reversed", "round",
    "iter", "enumerate", "dict", "len", "max", "min", "sum",
}  # fmt: skip


def swapped_arguments(place: Place, source: Source) -> Iterator[Replacement]:
    """Swap two neighbouring positional arguments."""
    node = place.node
    if not isinstance(node, ast.Call) or any(isinstance(value, ast.Starred) for value in node.args):
        return
    for left, right in pairwise(node.args):
        (start, left_end), (right_start, end) = source.span(left), source.span(right)
        first, second = source.text(left), source.text(right)
        if first != second:
            yield Replacement(start, end, second + source.between(left_end, right_start) + first)


def wrong_method(place: Place, source: Source) -> Iterator[Replacement]:
    """Call the contrary: ``upper`` for ``lower``, ``max`` for ``min``, ``all`` for ``any``."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    end = source.span(node.func)[1]
    if isinstance(node.func, ast.Attribute):
        name, table = node.func.attr, _METHODS
    elif isinstance(node.func, ast.Name):
        name, table = node.func.id, _FUNCTIONS
    else:
        return
    for pair in table:
        if name in pair:
            yield Replacement(end - len(name), end, pair[1 - pair.index(name)])


def missing_call(place: Place, source: Source) -> Iterator[Replacement]:
    """Leave out a call that only converts: ``.strip()``, ``sorted(...)``, ``int(...)``."""
    node = place.node
    if not isinstance(node, ast.Call) or node.keywords:
        return
    start, end = source.span(node)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _DROPPED_METHODS and not node.args:
        yield Replacement(start, end, source.text(node.func.value))
    elif isinstance(node.func, ast.Name) and node.func.id in _DROPPED_FUNCTIONS and len(node.args) == 1:
        (argument,) = node.args
        whole = not isinstance(argument, ast.GeneratorExp | ast.Starred)
        yield from [Replacement(start, end, source.text(argument))] * whole


def dropped_keyword(place: Place, source: Source) -> Iterator[Replacement]:
    """Leave out a keyword argument."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        start, end = source.span(keyword)
        ends = [source.span(other)[1] for other in (*node.args, *node.keywords)]
        before = max((offset for offset in ends if offset <= start), default=None)
        if keyword.arg and before is not None:
            yield Replacement(before, end, "")


def wrong_variable(place: Place, source: Source) -> Iterator[Replacement]:
    """Read another parameter of the function in place of one, or of a local variable."""
    node = place.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    parameters = parameter_names(place.function)
    if node.id in parameters or node.id in _local_names(place.function):
        for name in parameters:
            if name not in (node.id, "self", "cls"):
                yield Replacement(*source.span(node), name)


@lru_cache(maxsize=256)
def _local_names(function: FunctionNode) -> frozenset[str]:
    return frozenset(
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )

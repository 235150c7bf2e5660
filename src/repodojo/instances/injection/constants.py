"""Bugs in constants, bounds and default values."""

import ast
import re
from collections.abc import Iterator

from repodojo.instances.injection.source import Function, Place, Replacement, Source

_SIMPLE_STRING = re.compile(r"""([rRbBuU]{0,2})('(?:[^'\\\n]|\\.)+'|"(?:[^"\\\n]|\\.)+")""")
_LONGEST_STRING = 30
_PATTERN_EDITS = (
    (re.compile(r"(?<=[\w)\]\\.])\+"), "*"),
    (re.compile(r"(?<=[\w)\]\\.])\*"), "+"),
    (re.compile(r"^\^"), ""),
    (re.compile(r"\$$"), ""),
    (re.compile(r"\\d"), r"\\w"),
    (re.compile(r"\\w"), r"\\d"),
    (re.compile(r"\\s"), r"\\S"),
    (re.compile(r"(?<=[\w)\]])\?"), ""),
    (re.compile(r"A-Z"), "a-z"),
    (re.compile(r"0-9"), "1-9"),
)
_PATTERN_FUNCTIONS = {
    "compile",
    "sub",
    "subn",
    "match",
    "search",
    "fullmatch",
    "findall",
    "finditer",
    "split",
}


def off_by_one(place: Place, source: Source) -> Iterator[Replacement]:
    """Move an integer by one."""
    node = place.node
    if isinstance(node, ast.Constant) and type(node.value) is int and source.text(node).isdigit():
        start, end = source.span(node)
        yield Replacement(start, end, str(node.value + 1))
        if node.value:
            yield Replacement(start, end, str(node.value - 1))


def wrong_constant(place: Place, source: Source) -> Iterator[Replacement]:
    """Put another constant: the other truth value, a lost or doubled digit, something for None."""
    node = place.node
    if not isinstance(node, ast.Constant):
        return
    start, end = source.span(node)
    if isinstance(node.value, bool):
        yield Replacement(start, end, str(not node.value))
    elif node.value is None and not isinstance(place.parent, ast.Compare | ast.Slice):
        yield Replacement(start, end, "False")
        yield Replacement(start, end, "''")
    elif type(node.value) is int and node.value >= 10 and source.text(node).isdigit():
        yield Replacement(start, end, str(node.value // 10))
        yield Replacement(start, end, f"{node.value}0")
    elif isinstance(node.value, float):
        yield Replacement(start, end, repr(node.value + 1))
        yield Replacement(start, end, repr(node.value / 10))


def changed_string(place: Place, source: Source) -> Iterator[Replacement]:
    """Lose a character of a short string, or change its case."""
    for start, end, prefix, quote, body in _simple_string(place.node, source):
        if "\\" in body:
            continue
        for new in (body[:-1], body[1:], body.swapcase(), body[:1].swapcase() + body[1:]):
            if new != body and (body.strip() or not new):
                yield Replacement(start, end, prefix + quote + new + quote)


def wrong_pattern(place: Place, source: Source) -> Iterator[Replacement]:
    """Loosen or tighten a regular expression given to a function of ``re``."""
    call = place.parent
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("re", "regex")
        and call.func.attr in _PATTERN_FUNCTIONS
        and call.args
        and call.args[0] is place.node
    ):
        for start, end, prefix, quote, body in _simple_string(place.node, source, longest=120):
            for pattern, new in _PATTERN_EDITS:
                for found in pattern.finditer(body):
                    changed = body[: found.start()] + found.expand(new) + body[found.end() :]
                    yield Replacement(start, end, prefix + quote + changed + quote)


def slice_bound(place: Place, source: Source) -> Iterator[Replacement]:
    """Drop a bound of a slice, or move one that is not a constant."""
    node = place.node
    if not isinstance(node, ast.Slice):
        return
    for bound in (node.lower, node.upper):
        if bound is None:
            continue
        start, end = source.span(bound)
        yield Replacement(start, end, "")
        if not isinstance(bound, ast.Constant | ast.UnaryOp | ast.IfExp):
            yield Replacement(start, end, f"{source.text(bound)} + 1")
            yield Replacement(start, end, f"{source.text(bound)} - 1")


def wrong_default(function: Function, source: Source) -> Iterator[Replacement]:
    """Change the default value of a parameter."""
    arguments = function.node.args
    for default in (*arguments.defaults, *arguments.kw_defaults):
        if not isinstance(default, ast.Constant):
            continue
        start, end = source.span(default)
        value = default.value
        if isinstance(value, bool):
            yield Replacement(start, end, str(not value))
        elif type(value) is int:
            yield Replacement(start, end, str(value + 1))
        elif isinstance(value, str):
            yield Replacement(start, end, "''" if value else "' '")


def _simple_string(
    node: ast.AST, source: Source, longest: int = _LONGEST_STRING
) -> Iterator[tuple[int, int, str, str, str]]:
    """Yield the span, prefix, quote and body of a string written as one short plain literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        start, end = source.span(node)
        found = _SIMPLE_STRING.fullmatch(source.between(start, end))
        if found and len(found.group(2)) <= longest + 2:
            yield start, end, found.group(1), found.group(2)[0], found.group(2)[1:-1]

"""Renders the arguments of a running call as source text, where they are literals."""

import ast
import inspect
import math
from types import CodeType, FrameType
from typing import Any

_PLAIN = (str, bytes, int, bool, type(None))
LONGEST_CALL = 130


class Opaque:
    """An argument that is no literal; it can still be a parameter's default."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        """Whether both are the same object."""
        return isinstance(other, Opaque) and self.value is other.value

    def __hash__(self) -> int:
        """Hash the identity."""
        return id(self.value)


Arguments = tuple[tuple[str, str | Opaque], ...]
"""Parameter name (``*`` and ``**name`` for the starred) and source text."""


def is_literal(value: Any, depth: int = 4) -> bool:
    """Whether a value's ``repr`` reads back as the value."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is float:
        return math.isfinite(value)
    if depth == 0:
        return False
    if kind in (list, tuple, set):
        return len(value) <= LONGEST_CALL and (kind is not set or bool(value)) and _all_literal(value, depth)
    if kind is dict:
        return (
            len(value) <= LONGEST_CALL and _all_literal(value, depth) and _all_literal(value.values(), depth)
        )
    return False


def _all_literal(values: Any, depth: int) -> bool:
    return all(is_literal(value, depth - 1) for value in values)


def read_arguments(frame: FrameType) -> Arguments | None:
    """Read the arguments of a frame that has just been entered; None where they are too long to show."""
    code = frame.f_code
    positional = code.co_argcount
    names = code.co_varnames
    values = frame.f_locals
    found: list[tuple[str, str | Opaque]] = []
    for name in names[: positional + code.co_kwonlyargcount]:
        found.append((name, _render(values.get(name))))
    index = positional + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        found += [("*", _render(value)) for value in values.get(names[index], ())]
        index += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        found += [(f"**{key}", _render(value)) for key, value in values.get(names[index], {}).items()]
    size = sum(len(text) + 2 for _, text in found if isinstance(text, str))
    return tuple(found) if size <= LONGEST_CALL else None


def _render(value: Any) -> str | Opaque:
    if isinstance(value, str | bytes | list | tuple | dict | set) and len(value) > LONGEST_CALL:
        return Opaque(None)
    if not is_literal(value):
        return Opaque(value)
    text = repr(value)
    return text if len(text) <= LONGEST_CALL else Opaque(None)


def render_call(function: Any, code: CodeType, arguments: Arguments, skip: int) -> str | None:
    """Return ``a, b, key=c`` as a caller writes it, defaults left out; None where an argument is no literal.

    Args:
        function: gives the defaults.
        code: gives the kinds of the parameters.
        arguments: what was passed.
        skip: 1 leaves out the receiver.
    """
    defaults = _defaults(function, code)
    positional = code.co_varnames[skip : code.co_argcount]
    starred = any(name == "*" for name, _ in arguments)
    parts: list[str] = []
    by_keyword = False
    for name, text in arguments[skip:]:
        if not starred and name in defaults and _is_default(text, defaults[name]):
            by_keyword = by_keyword or name in positional
            continue
        if isinstance(text, Opaque):
            return None
        if name.startswith("**"):
            parts.append(f"{name[2:]}={text}")
        elif name == "*" or (name in positional and not by_keyword):
            parts.append(text)
        elif name in code.co_varnames[: code.co_posonlyargcount]:
            return None
        else:
            parts.append(f"{name}={text}")
    return ", ".join(parts)


def _defaults(function: Any, code: CodeType) -> dict[str, Any]:
    values = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
    return {**dict(zip(names, values, strict=True)), **(function.__kwdefaults__ or {})}


def _is_default(text: str | Opaque, default: Any) -> bool:
    return (
        text.value is default if isinstance(text, Opaque) else is_literal(default) and text == repr(default)
    )


def reads_back(text: str) -> bool:
    """Whether a text is a literal that prints as itself."""
    try:
        return repr(ast.literal_eval(text)) == text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False

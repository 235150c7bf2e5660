"""Lists of test ids in every shape that published sets have them."""

import ast
import io
import json
import tokenize
from collections.abc import Sequence

from repodojo.errors import InputError

_NUMPY = frozenset({"array", "dtype", "object", "="})
_BRACKETS = frozenset("[](),")
_LAYOUT = frozenset({tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER})


def parse_names(value: object, where: str) -> tuple[str, ...] | None:
    """Read a list of names: a list, JSON text, Python text, numpy text, or null (None).

    Raises:
        InputError: it is none of these, or numpy left names out of its text.
    """
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, str):
        return _parse_text(value, where)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return tuple(_name(item, where) for item in value)
    raise InputError(f"{where}: expected a list of names, its text or null, found {type(value).__name__}")


def _parse_text(text: str, where: str) -> tuple[str, ...] | None:
    if not text.strip():
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _parse_python(text, where)
    if value is None or isinstance(value, list):
        return parse_names(value, where)
    raise InputError(f"{where}: expected JSON text of a list, found {text[:60]!r}")


def _parse_python(text: str, where: str) -> tuple[str, ...]:
    """Read ``['a', 'b']``, ``['a' 'b']`` and ``array(['a', 'b'], dtype=object)``.

    Token by token: as an expression, names without a comma between them would run together.
    """
    names = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({text.strip()})").readline):
            if token.type == tokenize.STRING:
                names.append(_name(ast.literal_eval(token.string), where))
            elif token.type not in _LAYOUT and token.string not in _NUMPY | _BRACKETS:
                raise ValueError(f"{token.string!r} is no part of one")
    except (tokenize.TokenError, SyntaxError, ValueError) as error:
        raise InputError(f"{where}: expected a list of names, found {text[:60]!r} ({error})") from error
    return tuple(names)


def _name(item: object, where: str) -> str:
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    if not isinstance(item, str) or not item:
        raise InputError(f"{where}: expected names that are not empty, found {item!r}")
    return item

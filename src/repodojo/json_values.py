"""JSON that others wrote: parsed, and taken as plain values that every later step can hold and write."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from repodojo.errors import InputError

MOST_DEPTH = 100
"""Values that are nested deeper are refused before anything walks them."""


def parse_json(text: bytes | str, where: str) -> Any:
    """Parse JSON; NaN and the infinities, which it has no word for, are null.

    Raises:
        InputError: it is none, or nested too deep for its parser.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        shown = text[:60].decode(errors="replace") if isinstance(text, bytes) else text[:60]
        raise InputError(f"{where}: expected JSON, found {shown!r} ({error})") from error


def json_object(value: object, where: str) -> dict[str, Any]:
    """Return a row with JSON values in all its fields.

    Raises:
        InputError: naming ``where``, the field, what was expected and what was found.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{where}: expected an object, found {type(value).__name__}")
    return {
        _utf8(str(name), where): json_value(part, f"{where}: field '{name}'") for name, part in value.items()
    }


def json_value(value: object, where: str, depth: int = MOST_DEPTH) -> Any:
    """Return what a table or a JSON file holds as JSON values: dates as text, NaN and infinities as null.

    Raises:
        InputError: it has no JSON form or no UTF-8 form, or is nested deeper than ``depth``.
    """
    if isinstance(value, str):
        return _utf8(value, where)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, Mapping | Sequence) or isinstance(value, bytes):
        raise InputError(f"{where}: expected a JSON value, found {type(value).__name__}")
    if not depth:
        raise InputError(f"{where}: expected values nested at most {MOST_DEPTH} deep, found deeper ones")
    if isinstance(value, Mapping):
        return {_utf8(str(name), where): json_value(part, where, depth - 1) for name, part in value.items()}
    return [json_value(part, where, depth - 1) for part in value]


def _utf8(text: str, where: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{where}: not_utf8: character {error.start} is a lone surrogate") from error
    return text

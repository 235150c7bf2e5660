"""Fields of foreign records, taken with an error that says file, row and field.

A field that a format requires is taken, any other found: what is absent or null there is empty, and what is
of another type is an error in both.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from repodojo.errors import InputError

Kind = TypeVar("Kind")
_LARGEST = 1e300


def take(data: Any, name: str, kind: type[Kind], where: str) -> Kind:
    """Return the value at a dotted name.

    Raises:
        InputError: it is missing or of another type; naming ``where`` and the field.
    """
    value = data
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            found = ", ".join(map(str, value)) if isinstance(value, Mapping) else type(value).__name__
            expected = kind.__name__
            raise InputError(
                f"{where}: field '{name}': expected {expected}, found nothing (there: {found:.200})"
            )
        value = value[part]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise unfit(where, (name,), kind.__name__, value)
    return value


def unfit(where: str, names: tuple[str, ...], expected: str, found: object) -> InputError:
    """Return the error of a field whose value is of another type; the names are those it can have."""
    told = " or ".join(f"'{name}'" for name in names)
    return InputError(f"{where}: field {told}: expected {expected}, found {found!r:.80}")


def find(data: Any, *names: str) -> Any:
    """Return the first value at a dotted name that is there and not null; None where there is none."""
    for name in names:
        value = data
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def find_text(data: Any, where: str, *names: str) -> str:
    """Return the first text at a dotted name.

    Raises:
        InputError: it is no text.
    """
    value = find(data, *names)
    if value is not None and not isinstance(value, str):
        raise unfit(where, names, "text or null", value)
    return value or ""


def find_id(data: Any, where: str, *names: str) -> str:
    """Return the first identifier at a dotted name, a text or a whole number, as text.

    Raises:
        InputError: it is neither.
    """
    value = find(data, *names)
    if isinstance(value, bool) or not (value is None or isinstance(value, str | int)):
        raise unfit(where, names, "text, a whole number or null", value)
    return "" if value is None else str(value)


def find_number(data: Any, where: str, *names: str) -> float:
    """Return the first number at a dotted name.

    Raises:
        InputError: it is none, or too large for one.
    """
    value = find(data, *names)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (is_number and abs(value) < _LARGEST):
        raise unfit(where, names, "a number or null", value)
    return float(value or 0)


def find_objects(data: Any, where: str, name: str) -> list[Mapping[str, Any]]:
    """Return the list of objects at a dotted name.

    Raises:
        InputError: it is no list, or holds what is no object.
    """
    return as_objects(find(data, name), where, name)


def as_objects(value: Any, where: str, name: str) -> list[Mapping[str, Any]]:
    """Return a value that is a list of objects, or null.

    Raises:
        InputError: it is neither, ``name`` is its field.
    """
    if value is not None and not isinstance(value, list):
        raise unfit(where, (name,), "a list or null", value)
    for number, each in enumerate(value or [], start=1):
        if not isinstance(each, Mapping):
            raise unfit(where, (f"{name}.{number}",), "an object", each)
    return value or []

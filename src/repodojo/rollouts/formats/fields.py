"""Fields of foreign records, taken with an error that says file, row and field."""

from collections.abc import Mapping
from typing import Any, TypeVar

from repodojo.errors import InputError

Kind = TypeVar("Kind")


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
        raise InputError(f"{where}: field '{name}': expected {kind.__name__}, found {value!r:.80}")
    return value


def find(data: Any, *names: str) -> Any:
    """Return the first value at a dotted name that is there and not null; None where there is none."""
    for name in names:
        value = data
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def number(value: Any) -> float:
    """Return a value that is a number as one, else 0."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0

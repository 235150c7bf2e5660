"""How a dataset's values become JSON and come back."""

from importlib import import_module
from typing import Any

from repodojo.datasets.errors import InputDatasetError
from repodojo.errors import InputError
from repodojo.types import from_json, to_json


def load_object(dotted: str) -> Any:
    """Return what a dotted name stands for.

    Raises:
        InputDatasetError: nothing stands there.
    """
    module, _, name = dotted.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputDatasetError(f"'{dotted}' names nothing that can be imported: {error}") from error


class Codec:
    """Encodes records of one type; plain JSON values where no type is given."""

    def __init__(self, record: str | None) -> None:
        self._record = record
        self._kind: type[Any] | None = None

    @property
    def kind(self) -> type[Any] | None:
        """The records' type, imported when first needed."""
        if self._kind is None and self._record is not None:
            self._kind = load_object(self._record)
        return self._kind

    def encode(self, value: Any) -> Any:
        """Return a record as JSON-compatible values.

        Raises:
            TypeError: the value is not of the dataset's type, a programming error.
        """
        if self.kind is None:
            return value
        if not isinstance(value, self.kind):
            raise TypeError(f"expected a {self._record}, found a {type(value).__name__}: {str(value)[:80]}")
        return to_json(value)

    def decode(self, value: Any, where: str) -> Any:
        """Build a record; an error starts with ``where``.

        Raises:
            InputDatasetError: naming the field, what was expected and what was found.
        """
        if self.kind is None:
            return value
        if not isinstance(value, dict):
            raise InputDatasetError(f"{where}: expected an object, found {str(value)[:80]!r}")
        try:
            return from_json(self.kind, value, where)
        except InputError as error:
            raise InputDatasetError(str(error)) from error

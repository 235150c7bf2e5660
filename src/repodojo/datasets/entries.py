"""Settings that stand in a catalog entry, checked before anything runs."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from repodojo.datasets.errors import InputDatasetError
from repodojo.errors import first_problem

Settings = TypeVar("Settings", bound=BaseModel)


def checked(kind: type[Settings], given: Mapping[str, Any], where: str) -> Settings:
    """Build settings from what a catalog says.

    Raises:
        InputDatasetError: naming the field, what was expected and what was found.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        name, expected, found = first_problem(error, kind)
        raise InputDatasetError(f"{where} in the catalog: '{name}': {expected}, found {found!r}") from error

"""The functions that a model was offered, as records of calls hold them: JSON schemas, or their JSON text."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from repodojo.errors import InputError, first_problem
from repodojo.json_values import json_value, parse_json
from repodojo.rollouts.formats.fields import as_objects, find

Tool = Mapping[str, Any]


class _Property(BaseModel):
    enum: list[Any] = []


class _Parameters(BaseModel):
    properties: dict[str, _Property] = {}
    required: list[str] = []


class _Function(BaseModel):
    name: str
    description: str
    parameters: _Parameters = _Parameters()


def read_tools(data: Any, where: str, name: str) -> tuple[Tool, ...]:
    """Read the functions at a dotted name; what a table's columns added as null is left out.

    Raises:
        InputError: they are no list of functions.
    """
    given = find(data, name)
    if isinstance(given, str):
        place = f"{where}: field '{name}'"
        given = json_value(parse_json(given, place), place) if given else None
    found = [_without_null(find(each, "function") or each) for each in as_objects(given, where, name)]
    described = [{"description": "", **each} if isinstance(each, Mapping) else each for each in found]
    return check_tools(described, f"{where}: field '{name}'")


def check_tools(tools: Iterable[Any], where: str) -> tuple[Tool, ...]:
    """Return functions that can be described to a model.

    Raises:
        InputError: naming the function, the field, what was expected and what was found.
    """
    checked = tuple(tools)
    for number, tool in enumerate(checked, start=1):
        try:
            _Function.model_validate(tool)
        except ValidationError as error:
            field, expected, found = first_problem(error)
            raise InputError(
                f"{where}, function {number}: field '{field or 'function'}': {expected}, found {found!r:.80}"
            ) from error
    return checked


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(part) for key, part in value.items() if part is not None}
    return [_without_null(part) for part in value] if isinstance(value, list) else value

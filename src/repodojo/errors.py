"""Errors, one class for each boundary that can be crossed badly.

A bad rollout is data (`Trajectory.exit_status`), never one of these.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_SHOULD = re.compile(r"^\w+ should (?:be|have|match) ")
_KINDS = {
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected an object of named fields",
    "model_type": "expected an object of named fields",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "missing": "expected among the fields",
}
"""What was expected, by pydantic's kind of error, where its own message says it in Python's words."""


class Problem(NamedTuple):
    """What is wrong with one field: its name, empty for the whole; what was expected; what was found."""

    field: str
    expected: str
    found: Any


def first_problem(error: "ValidationError", model: "type[BaseModel] | None" = None) -> Problem:
    """Return the first thing that a check of fields found; an unknown field may be why another is missing.

    With the ``model`` that was checked, an unknown field comes with the known one that was probably meant.
    """
    found = error.errors()
    first = next((each for each in found if each["type"] in _UNKNOWN), found[0])
    kind, path, value = first["type"], first["loc"], first["input"]
    told = _KINDS.get(kind) or _SHOULD.sub("expected ", first["msg"].removeprefix("Value error, "))
    if kind in _UNKNOWN:
        known = fields_of(model, path[:-1])
        told = f"Unknown field ({hint(str(path[-1]), known)})" if known else "Unknown field, leave it out"
    elif kind == "string_type":
        told = "expected text in quotes" if isinstance(value, int | float | date) else "expected text"
    elif kind == "missing" and isinstance(value, dict):
        value = list(value)
    return Problem(".".join(map(str, path)), told, value)


def hint(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant by an unknown one, or list them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"expected one of: {', '.join(names)}"


def fields_of(model: "type[BaseModel] | None", path: Collection[int | str]) -> Collection[str]:
    """Return the names of a model's fields, or of those of a model that lies in it; none where none does."""
    for part in path:
        model = getattr(getattr(model, "model_fields", {}).get(part), "annotation", None)
    return getattr(model, "model_fields", {}).keys()


class RepoDojoError(Exception):
    """Base of every error that RepoDojo raises on purpose."""


class InputError(RepoDojoError):
    """A file, row or field that a user gave is not what it must be."""


class SandboxError(RepoDojoError):
    """A sandbox could not be started, or was lost."""


class SetupError(SandboxError):
    """A command that prepares a sandbox which works ended with an error."""


class UntakenPatchError(SandboxError):
    """What an agent left in a sandbox that works cannot be taken as a patch."""


class PolicyError(RepoDojoError):
    """A policy's engine or endpoint failed."""


class ContextLengthError(PolicyError):
    """The conversation does not fit the policy's context."""


class BudgetError(PolicyError):
    """A call was not made: it could cost more than its budget leaves."""


class BuildError(RepoDojoError):
    """A project could not be fetched, unpacked or prepared."""


class LackingPackagesError(BuildError):
    """System packages that an environment asks for are not to be had on a backend."""

    def __init__(self, message: str, names: tuple[str, ...]) -> None:
        """Say which."""
        super().__init__(message)
        self.names = names


class TrainingError(RepoDojoError):
    """A training process failed."""


class NothingToLearnError(TrainingError):
    """No row of a training is left to learn from."""


class DatasetIncompleteError(RepoDojoError):
    """A dataset was read before everything it owes was done."""


class SourceError(RepoDojoError):
    """A source of instances outside this machine could not be read."""

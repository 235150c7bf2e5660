"""Errors, one class for each boundary that can be crossed badly.

A bad rollout is data (`Trajectory.exit_status`), never one of these.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError


_UNKNOWN = "Unknown field, leave it out"


class Problem(NamedTuple):
    """What is wrong with one field: its name, empty for the whole; what was expected; what was found."""

    field: str
    expected: str
    found: Any


def first_problem(error: "ValidationError") -> Problem:
    """Return the first thing that a check of fields found."""
    first = error.errors()[0]
    told = _UNKNOWN if first["type"] == "unexpected_keyword_argument" else first["msg"]
    return Problem(".".join(map(str, first["loc"])), told, first["input"])


class RepoDojoError(Exception):
    """Base of every error that RepoDojo raises on purpose."""


class InputError(RepoDojoError):
    """A file, row or field that a user gave is not what it must be."""


class SandboxError(RepoDojoError):
    """A sandbox could not be started, or was lost."""


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

"""Which scaffold a configuration asks for: a name of this folder, or a module of anybody's."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_serializer, model_validator

from repodojo.errors import InputError, first_problem
from repodojo.scaffolds.scaffold import Scaffold

_FUNCTION = "create_scaffold"


class ScaffoldChoice(BaseModel):
    """A scaffold and what is chosen about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "bash_only"
    """A folder of `repodojo.scaffolds`, or the dotted name of a module with a ``create_scaffold``."""
    options: dict[str, Any] = {}
    """Depend on the scaffold."""

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        try:
            make_scaffold(self.name, self.options, observation_chars=1000)
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @model_serializer
    def _identity(self) -> dict[str, str]:
        """Return what decides results: the prompts in a folder, say, and not the folder's path."""
        made = make_scaffold(self.name, self.options, observation_chars=1000)
        return {"name": self.name, "fingerprint": made.fingerprint}


def check_fits(policy_name: str, scaffold: Scaffold) -> None:
    """Refuse to let the repair agent, a program, act in a scaffold that it does not know.

    Raises:
        InputError: naming both, and what to change.
    """
    if policy_name == "repair" and scaffold.name != "bash_only":
        raise InputError(
            f"the policy 'repair' acts in scaffold 'bash_only' only, found '{scaffold.name}': change "
            "'scaffold' in the parameters, or 'teacher' in the catalog"
        )


def make_scaffold(name: str, options: Mapping[str, Any], observation_chars: int) -> Scaffold:
    """Build a scaffold.

    Raises:
        InputError: there is none of that name, or an option, prompt or tool cannot be used.
    """
    module = name if "." in name else f"repodojo.scaffolds.{name}"
    try:
        scaffold: Scaffold = getattr(import_module(module), _FUNCTION)(options, observation_chars)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"scaffold '{name}': {error}; expected bash_only, openhands, moatless, or a module that has "
            f"{_FUNCTION}(options, observation_chars)"
        ) from error
    except ValidationError as error:
        option, expected, found = first_problem(error)
        raise InputError(f"scaffold '{name}': option '{option}': {expected}, found {found!r}") from error
    return scaffold

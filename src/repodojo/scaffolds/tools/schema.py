"""Tools as a policy is told of them: JSON schemas from a file that a user can replace."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from repodojo.errors import InputError

Tool = Mapping[str, Any]
"""A function's ``name``, ``description`` and, unless it takes none, ``parameters`` (a JSON schema)."""


class Tools(NamedTuple):
    """The functions that a scaffold offers and the digest of their file."""

    functions: tuple[Tool, ...]
    digest: str


def load_tools(path: Path, contract: Mapping[str, Sequence[str]]) -> Tools:
    """Read the functions of a JSON file, which must be those of ``contract`` with the parameters it names.

    Raises:
        InputError: naming the file, the function, what was expected and what was found.
    """
    try:
        text = path.read_text(encoding="utf-8")
        functions = json.loads(text)
        found = {tool["name"]: sorted(properties(tool)) for tool in functions}
        missing = [name for name in found if not isinstance(_by_name(functions, name)["description"], str)]
    except OSError as error:
        raise InputError(f"tools {path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"tools {path}: expected a JSON array of functions with name, description and parameters, "
            f"found {type(error).__name__}: {error}"
        ) from error
    expected = {name: sorted(parameters) for name, parameters in contract.items()}
    if found != expected or missing:
        raise InputError(f"tools {path}: expected the functions and parameters {expected}, found {found}")
    return Tools(tuple(functions), hashlib.sha256(text.encode()).hexdigest()[:16])


def properties(tool: Tool) -> Mapping[str, Mapping[str, Any]]:
    """Return what a function takes, by name."""
    found: Mapping[str, Mapping[str, Any]] = tool.get("parameters", {}).get("properties", {})
    return found


def required(tool: Tool) -> Sequence[str]:
    """Return the names of what a function needs."""
    found: Sequence[str] = tool.get("parameters", {}).get("required", ())
    return found


def find_tool(tools: Sequence[Tool], name: str) -> Tool | None:
    """Return the function of that name, if there is one."""
    return next((tool for tool in tools if tool["name"] == name), None)


def _by_name(tools: Sequence[Tool], name: str) -> Tool:
    return {str(tool["name"]): tool for tool in tools}[name]

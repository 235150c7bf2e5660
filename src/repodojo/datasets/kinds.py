"""Checks of what a catalog entry names: a kind that there is, and arguments that it takes."""

from collections.abc import Callable, Collection, Mapping
from inspect import signature
from typing import Any

from repodojo.datasets.errors import InputDatasetError


def check_arguments(
    kind: str, function: Callable[..., Any], given: Mapping[str, Any], filled: Collection[str] = ()
) -> None:
    """Refuse names that a constructor does not take, and the lack of one that it needs, unless ``filled``.

    Raises:
        InputDatasetError: naming it.
    """
    takes = {name: each for name, each in signature(function).parameters.items() if name not in filled}
    unknown = sorted(given.keys() - takes.keys())
    missing = sorted(name for name, each in takes.items() if each.default is each.empty and name not in given)
    if unknown or missing:
        found = f"unknown {', '.join(unknown)}" if unknown else f"no {', '.join(missing)}"
        raise InputDatasetError(
            f"'settings' and 'operation' of kind '{kind}' in the catalog: found {found}, "
            f"expected of: {', '.join(sorted(takes))}"
        )


def known_kind(kind: str, kinds: dict[str, str], what: str) -> str:
    """Return the kind, if it is one."""
    if kind not in kinds:
        raise InputDatasetError(f"unknown {what} '{kind}', expected one of: {', '.join(sorted(kinds))}")
    return kind

"""Which parameters and inputs each dataset's content depends on, through every node before it. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from kedro.pipeline import Pipeline
from pydantic import BaseModel

from repodojo.datasets.configuration import Configuration
from repodojo.datasets.plan import digest
from repodojo.errors import InputError

PREFIX = "params:"


def configurations(
    pipelines: Mapping[str, Pipeline],
    parameters: Mapping[str, Any],
    identity: Callable[[str], Any],
    commit: str,
    versions: Mapping[str, str],
    only_read: Collection[str] = (),
) -> dict[str, Configuration]:
    """Return the configuration of every dataset that a node writes.

    Args:
        pipelines: all of the project's; a dataset's ancestors may stand in any of them.
        parameters: checked values by top-level key.
        identity: what identifies a dataset that no node writes; None where it has no part in results.
        commit: the project's git commit.
        versions: of the packages that results depend on; only that of ``repodojo`` enters digests.
        only_read: datasets that are imported, although a node could write them; they are inputs.
    """
    graph, parameters = sum(pipelines.values(), Pipeline([])), plain(parameters)
    free = {name: identity(name) for name in {*graph.inputs(), *only_read} if not is_parameter(name)}
    depends: dict[str, frozenset[str]] = {}
    found: dict[str, Configuration] = {}
    for node in graph.nodes:
        names = frozenset[str]().union(*(depends.get(name, {name}) for name in node.inputs))
        used = {name.removeprefix(PREFIX): value_of(name, parameters) for name in names if is_parameter(name)}
        inputs = {name: free[name] for name in names if free.get(name) is not None}
        key = digest({"parameters": used, "inputs": inputs, "version": versions.get("repodojo", "")})
        for output in set(node.outputs) - set(only_read):
            depends[output] = names
            found[output] = Configuration(
                key, node.name, dict(sorted(used.items())), dict(sorted(inputs.items())), commit, versions
            )
    return found


def is_parameter(name: str) -> bool:
    """Whether a node's input is a parameter."""
    return name.startswith(PREFIX) or name == "parameters"


def outermost_parameters(names: Collection[str]) -> list[str]:
    """Return the parameters among a node's inputs, in order; one that another one holds is left out."""
    asked = {name for name in names if name.startswith(PREFIX)}
    return sorted(name for name in asked if not any(name.startswith(f"{other}.") for other in asked))


def value_of(name: str, parameters: Mapping[str, Any]) -> Any:
    """Return the JSON value of ``params:a.b`` (or all of ``parameters``).

    Raises:
        InputError: there is no such parameter.
    """
    value: Any = plain(parameters)
    path = name.removeprefix(PREFIX).split(".") if name.startswith(PREFIX) else []
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            raise InputError(f"a node needs '{name}', which no parameters file of this environment holds")
        value = value[part]
    return value


def plain(value: Any) -> Any:
    """Return models as JSON-compatible values."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return value


def flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``(dotted name, leaf)`` of nested mappings and models."""
    value = plain(value)
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from flatten(item, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, value

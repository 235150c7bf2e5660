"""What an environment would have vLLM serve: the command of each server, and the memory that it takes.

Nothing is started, and neither torch nor vLLM is imported.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.io import DataCatalog

from repodojo.datasets.checkpoint import FolderDataset
from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.files import read_json
from repodojo.datasets.handles import EnginesDataset
from repodojo.datasets.served_policy import ServedPolicyDataset
from repodojo.errors import InputError
from repodojo.policies.serving_memory import (
    GIB,
    Architecture,
    MemoryEstimate,
    ServingFacts,
    estimate_memory,
    parse_architecture,
    parse_facts,
)
from repodojo.policies.vllm_command import VLLMSettings, launch_command

SHOWN_PORT = 8000
BASE = "base_checkpoint"
"""Whose folder stands for all that `engines` serves: what is trained from it is of the same sizes."""


class Launch(NamedTuple):
    """One catalog entry that vLLM serves."""

    entry: str
    checkpoint: Path
    settings: VLLMSettings

    @property
    def command(self) -> list[str]:
        """What starts its server."""
        return launch_command(self.settings, str(self.checkpoint), self.checkpoint.name, SHOWN_PORT)


def find_launches(entries: Mapping[str, Any]) -> list[Launch]:
    """Return what the catalog of an environment has vLLM serve, by entry.

    Raises:
        InputDatasetError: a setting is wrong.
    """
    served = {name: entry for name, entry in entries.items() if entry.get("kind") == "vllm"}
    base = {name: entry for name, entry in entries.items() if name == BASE}
    catalog = DataCatalog.from_config(served | base)
    found: list[Launch] = []
    for name in sorted(served):
        dataset = catalog.get(name)
        settings = dataset.vllm_settings() if isinstance(dataset, EnginesDataset) else None
        if settings is not None:
            folder = dataset.folder if isinstance(dataset, ServedPolicyDataset) else catalog.get(BASE)
            if not isinstance(folder, FolderDataset):
                raise InputDatasetError(f"'{name}' serves '{BASE}', which must be a FolderDataset")
            found.append(Launch(name, folder.path, settings))
    return found


def serving_facts(loader: AbstractConfigLoader, environment: str) -> ServingFacts:
    """Return what an environment's ``serving.yml`` says.

    Raises:
        InputError: there is none, or a field of it is wrong.
    """
    where = f"{loader.conf_source}/{environment}/serving.yml"
    try:
        found = loader["serving"]
    except MissingConfigException as error:
        raise InputError(
            f"{where}: expected the sizes of the model and the GPU, found no file; see conf/qwen7b for one"
        ) from error
    return parse_facts(found, where)


def describe_launches(launches: list[Launch], facts: ServingFacts) -> Iterator[str]:
    """Yield the lines that a person reads; equal servers are told once.

    Raises:
        InputError: the configuration of a checkpoint that is there cannot be estimated.
    """
    servers: dict[tuple[str, ...], list[Launch]] = {}
    for launch in launches:
        servers.setdefault(tuple(launch.command), []).append(launch)
    for command, sharing in servers.items():
        first = sharing[0]
        yield f"{', '.join(launch.entry for launch in sharing)}: served by"
        yield f"  {shlex.join(command)}"
        yield "  (at start, --port is a free one, and --tokenizer a copy of the folder's)"
        if not first.checkpoint.is_dir():
            yield f"  {first.checkpoint} is not there yet: the sizes are those of serving.yml"
        model = architecture_of(first.checkpoint) or facts.model
        yield from describe_memory(model, facts, first.settings)


def architecture_of(checkpoint: Path) -> Architecture | None:
    """Return the sizes of a checkpoint; None where its folder is not there.

    Raises:
        InputError: they cannot be read out of its ``config.json``.
    """
    path = checkpoint / "config.json"
    if not checkpoint.is_dir():
        return None
    found = read_json(path)
    if not isinstance(found, Mapping):
        raise InputError(f"{path}: expected a JSON object, found none; fetch the checkpoint again")
    return parse_architecture(found, str(path))


def describe_memory(model: Architecture, facts: ServingFacts, settings: VLLMSettings) -> Iterator[str]:
    """Yield the lines of a memory estimate."""
    estimate = estimate_memory(model, facts.gpu, settings)
    copies, across = settings.data_parallel_size, settings.tensor_parallel_size
    many = f"{copies} {'copy' if copies == 1 else 'copies'} of the model on {across} each"
    yield f"  {copies * across} x {facts.gpu.name}: {many}"
    yield f"  {_gib(estimate.weights)}  weights on each GPU, of {model.parameters:,} parameters"
    yield f"  {_gib(estimate.room)}  left for keys and values, {facts.gpu.reserve_gib:g} GiB reserved"
    yield (
        f"  {_gib(estimate.per_conversation)}  a conversation of {estimate.context:,} tokens, "
        f"{estimate.per_token / 1024:g} KiB each"
    )
    yield f"  {_gib(estimate.wanted)}  {estimate.conversations} of them at once: {judge(estimate)}"


def judge(estimate: MemoryEstimate) -> str:
    """Say whether what is wanted fits."""
    if estimate.fitting == 0:
        return "not even one fits; use more GPUs, 'quantization: fp8' or a shorter 'max_model_len'"
    if estimate.wanted <= estimate.room:
        return "all fit"
    share = estimate.room / estimate.wanted
    return (
        f"{estimate.fitting} fit at full length, all at {share:.0%} of it; beyond that, vLLM lets some wait"
    )


def _gib(size: int) -> str:
    return f"{size / GIB:8.2f} GiB"

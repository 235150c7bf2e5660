"""The six repositories of a release: four data sets and two models, as SWE-Gym published them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from repodojo.publishing import rows as columns
from repodojo.publishing.parquet import (
    conversation_schema,
    instance_schema,
    parquet_bytes,
    trajectory_schema,
    verifier_schema,
)
from repodojo.publishing.repository import Repository, split_file
from repodojo.reporting.report import line_of
from repodojo.reporting.summary import Summary
from repodojo.types import Instance, Trajectory, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

Attempts = tuple[Mapping[str, Trajectory], Mapping[str, Verdict]]
TRAINING_POLICIES = ("teacher", "on_policy")
EVALUATED_POLICIES = ("zero_shot", "control", "fine_tuned")
POLICY = "The policy after rejection-sampling fine-tuning on the resolved attempts of its teacher."
VERIFIER = "The outcome-supervised verifier: the probability of YES after `<judgement>` is its score."
TRAINING_CARD = "training.json"
LEFT_OUT = frozenset({"_FINISHED.json", "training.log"})
"""Files of a checkpoint that say more about the machine than about the model."""


class Words(NamedTuple):
    """What a repository is called and what its card says."""

    name: str
    title: str
    about: str


def all_repositories(name: str, found: Mapping[str, Any]) -> list[Repository]:
    """Return the six; ``found`` holds datasets by name, dots as underscores."""

    def attempts(policies: Iterable[str]) -> dict[str, Attempts]:
        return {each: (found[f"{each}_trajectories"], found[f"{each}_verdicts"]) for each in policies}

    def model(what: str, about: str, *numbers: str) -> Repository:
        source = (f"{what}_checkpoint", found[f"{what}_checkpoint"])
        words = Words(f"{name}-{what}", what.capitalize(), about)
        return model_repository(words, source, Summary.model_validate(found["summary"]), numbers)

    return [
        instances_repository(name, found["instances"]),
        trajectories_repository(name, attempts(TRAINING_POLICIES), attempts(EVALUATED_POLICIES)),
        sft_repository(name, found["sft_rows"]),
        verifier_repository(name, found["verifier_rows"]),
        model("policy", POLICY, "zero_shot.", "control.", "fine_tuned"),
        model("verifier", VERIFIER, "verifier.", "scaling."),
    ]


def instances_repository(name: str, instances: Sequence[Instance]) -> Repository:
    """Return the instances; held-out projects are a split of their own."""
    splits = sorted({each.split for each in instances}, reverse=True)
    rows = {
        str(split): [columns.instance_row(each) for each in instances if each.split == split]
        for split in splits
    }
    about = (
        "Executable tasks: a repository at a commit, an issue, the gold patch, and the tests that fail "
        "without it and pass with it. `held_out` is of projects that no training saw; train on `train` alone."
    )
    words = Words(f"{name}-instances", "Instances", about)
    return _data_set(words, ("instances",), rows, instance_schema())


def trajectories_repository(
    name: str, training: Mapping[str, Attempts], held_out: Mapping[str, Attempts]
) -> Repository:
    """Return every attempt, resolved or not, by policy."""
    rows = {
        split: [row for made, graded in groups.values() for row in columns.trajectory_rows(made, graded)]
        for split, groups in (("train.raw", training), ("held_out.raw", held_out))
    }
    sources = tuple(
        f"{policy}.{what}" for policy in (*training, *held_out) for what in ("trajectories", "verdicts")
    )
    about = (
        "Whole attempts, message by message, with the patch that came of each and what the hidden tests "
        "said. `resolved` is null where an attempt could not be measured."
    )
    words = Words(f"{name}-sampled-trajectories", "Sampled trajectories", about)
    return _data_set(words, sources, rows, trajectory_schema())


def sft_repository(name: str, rows: Iterable[Mapping[str, Any]]) -> Repository:
    """Return the conversations that the policy was trained on."""
    found = {"train.success.oss": [columns.conversation_row(row) for row in rows]}
    about = "Resolved attempts as conversations, deduplicated and capped: what the policy was trained on."
    words = Words(f"{name}-sft-trajectories", "Trajectories for supervised fine-tuning", about)
    return _data_set(words, ("sft_rows",), found, conversation_schema())


def verifier_repository(name: str, rows: Iterable[Mapping[str, Any]]) -> Repository:
    """Return the judged attempts that the verifier was trained on."""
    found = {"train.mixture": [columns.verifier_row(row) for row in rows]}
    about = "Successes and failures, off-policy and on-policy, each with the judgement to learn."
    words = Words(f"{name}-verifier-trajectories", "Trajectories for the verifier", about)
    return _data_set(words, ("verifier_rows",), found, verifier_schema())


def model_repository(
    words: Words, source: tuple[str, Path], summary: Summary, starts: tuple[str, ...]
) -> Repository:
    """Return a checkpoint.

    Args:
        words: of its card.
        source: the catalog entry and the folder of the checkpoint.
        summary: of the run.
        starts: how the names of the summary's numbers for its card start.
    """
    dataset, folder = source
    found = [line_of(key, number) for key, number in summary.numbers.items() if key.startswith(starts)]
    files = {
        path.relative_to(folder).as_posix(): _portable_card(path) if path.name == TRAINING_CARD else path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in LEFT_OUT
    }
    rows = tuple((line.label, line.value, line.interval or "–", line.n) for line in found)
    return Repository(
        words.name, "model", words.title, words.about, (dataset, "summary"), files, numbers=rows
    )


def _portable_card(path: Path) -> bytes:
    """Return the card of a training with the last part of each of this machine's paths."""
    return json.dumps(_portable(json.loads(path.read_text(encoding="utf-8"))), indent=2).encode()


def _portable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _portable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_portable(item) for item in value]
    return Path(value).name if isinstance(value, str) and value.startswith("/") else value


def _data_set(
    words: Words, sources: tuple[str, ...], rows: Mapping[str, list[dict[str, Any]]], schema: "pa.Schema"
) -> Repository:
    files = {split_file(split): parquet_bytes(found, schema) for split, found in rows.items()}
    counts = {split: len(found) for split, found in rows.items()}
    return Repository(
        words.name, "dataset", words.title, words.about, sources, files, counts, tuple(schema.names)
    )

"""Trajectory formats, in and out, by name.

Tool calls become text (see `conversation`), or stay calls where the record says which tools there were. What
a format has no place for (token counts in most, the seed in all but our own) is lost in it, and what it does
not say is empty.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from repodojo.errors import InputError
from repodojo.rollouts.formats import (
    atif,
    mini_swe_agent,
    moatless,
    openhands,
    openhands_completions,
    openhands_responses,
    predictions,
    records,
    swe_agent,
    swegym,
)
from repodojo.rollouts.formats.draft import Attempt, Draft


class Format(NamedTuple):
    """How one format is read and written."""

    parse: Callable[[Mapping[str, Any], str], Draft | Attempt]
    """Reads one record; the second argument says where it stands."""
    build: Callable[[Attempt], dict[str, Any]]
    patterns: tuple[str, ...]
    """The files that count where a folder is read: those of the first pattern that any fits."""
    suffix: str
    """Ends the name of a file of one run; empty where a file holds many."""
    name_of: str = ""
    """Where the instance's name is if the record lacks it: the ``file``'s or the ``folder``'s."""
    only_last: bool = False
    """Whether the last file of a folder holds what all of them do."""


FORMATS: Mapping[str, Format] = {
    "repodojo": Format(records.parse, records.build, ("*.jsonl",), ""),
    "openhands": Format(openhands.parse, openhands.build, ("output.jsonl", "*.jsonl"), ""),
    "openhands_completions": Format(
        openhands_completions.parse, openhands_completions.build, ("*.json",), ".json", "folder", True
    ),
    "openhands_responses": Format(openhands_responses.parse, openhands_responses.build, ("*.jsonl",), ""),
    "swe_agent": Format(swe_agent.parse, swe_agent.build, ("*.traj",), ".traj", "file"),
    "mini_swe_agent": Format(
        mini_swe_agent.parse, mini_swe_agent.build, ("*.traj.json",), ".traj.json", "file"
    ),
    "moatless": Format(moatless.parse, moatless.build, ("*.json",), ".json"),
    "atif": Format(atif.parse, atif.build, ("*trajectory*.json",), ".trajectory.json", "folder"),
    "swegym_sampled": Format(swegym.parse_sampled, swegym.build_sampled, ("*.parquet", "*.jsonl"), ""),
    "swegym_sft": Format(swegym.parse_sft, swegym.build_sft, ("*.parquet", "*.jsonl"), ""),
    "predictions": Format(predictions.parse, predictions.build, ("*preds*.json*",), ""),
}


def find_format(name: str) -> Format:
    """Return a format.

    Raises:
        InputError: there is none of that name.
    """
    if name not in FORMATS:
        raise InputError(f"format: expected one of {', '.join(FORMATS)}, found {name!r}")
    return FORMATS[name]

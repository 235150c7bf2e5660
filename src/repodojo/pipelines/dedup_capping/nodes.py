"""Nodes of the pipeline `dedup_capping`."""

from typing import Any

from repodojo.curation.curate import curate
from repodojo.curation.report import Note
from repodojo.curation.settings import CurationSettings
from repodojo.types import Instance, Trajectory, Verdict, to_json


def choose_trajectories(
    trajectories: dict[str, Trajectory],
    verdicts: dict[str, Verdict],
    instances: list[Instance],
    dedup_capping: CurationSettings,
) -> tuple[list[Trajectory], list[Trajectory], dict[str, Any], list[Note]]:
    """Choose resolved trajectories to train on, as many unresolved ones as control, and say what went."""
    chosen, control, report, notes = curate(trajectories.values(), verdicts, instances, dedup_capping)
    return chosen, control, to_json(report), notes

"""Nodes of the pipeline `evaluation`."""

from typing import Any

from repodojo.metrics.evaluated import compare, evaluate
from repodojo.types import Instance, Trajectory, Verdict


def evaluate_attempts(
    instances: list[Instance], trajectories: dict[str, Trajectory], verdicts: dict[str, Verdict]
) -> dict[str, Any]:
    """Compute resolve rate and companions, overall and for each project."""
    return evaluate(instances, trajectories, verdicts)


def compare_policies(
    instances: list[Instance],
    ours: dict[str, Trajectory],
    our_verdicts: dict[str, Verdict],
    theirs: dict[str, Trajectory],
    their_verdicts: dict[str, Verdict],
) -> dict[str, Any]:
    """Compute the paired difference between two policies, overall and for each project."""
    return compare(instances, (ours, our_verdicts), (theirs, their_verdicts))

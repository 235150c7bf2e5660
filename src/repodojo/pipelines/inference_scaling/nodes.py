"""Nodes of the pipeline `inference_scaling`."""

from typing import Any

from repodojo.metrics.scaling import scale_attempts
from repodojo.metrics.settings import ScalingSettings
from repodojo.types import Instance, Trajectory, Verdict


def compute_scaling_curves(
    instances: list[Instance],
    trajectories: dict[str, Trajectory],
    verdicts: dict[str, Verdict],
    scores: dict[str, float | None],
    inference_scaling: ScalingSettings,
) -> dict[str, Any]:
    """Compute pass@k, best@k and random@k of the held-out attempts, overall and for each project."""
    held_out = [instance for instance in instances if instance.split == "held_out"]
    return scale_attempts(held_out, trajectories.values(), verdicts, scores, inference_scaling)

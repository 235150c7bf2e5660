"""Nodes of the pipeline `ablations`."""

from pathlib import Path
from typing import Any

from repodojo.curation.settings import AblationPoint, AblationSettings
from repodojo.datasets.handles import Engines
from repodojo.datasets.plan import Plan
from repodojo.environments.workshop import Workshop
from repodojo.metrics import ablations as points
from repodojo.pipelines.attempts import plan_served_attempts
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Instance


# Kedro makes models of the points' parameters, and then cannot of the one that holds them.
def asked_points(ablations: dict[str, Any]) -> dict[str, AblationPoint]:
    """Return the points that are run, from checked parameters."""
    return AblationSettings.model_validate(ablations).asked


def plan_point_attempts(
    instances: list[Instance],
    checkpoint: Path,
    engines: Engines,
    workshop: Workshop,
    settings: RolloutSettings,
    rows: list[dict[str, Any]],
) -> Plan:
    """Plan a point's attempts at the held-out instances; a point that nothing was trained for makes none."""
    if not rows:
        return Plan({}, {"untrained": True})
    return plan_served_attempts("ablation", "held_out")(instances, checkpoint, engines, workshop, settings)


def describe_points(ablations: dict[str, Any], *found: dict[str, Any]) -> dict[str, Any]:
    """Say what each point was trained on and what it resolves; ``found`` are report and metrics of each."""
    return points.describe_points(asked_points(ablations), list(zip(found[::2], found[1::2], strict=True)))

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
from repodojo.training.plan import why_untrained
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
) -> Plan:
    """Plan a point's attempts at the held-out instances; a point that nothing was trained for makes none."""
    if reason := why_untrained(checkpoint):
        return Plan({}, {"untrained": reason})
    return plan_served_attempts("ablation", "held_out")(instances, checkpoint, engines, workshop, settings)


def describe_points(ablations: dict[str, Any], *found: Any) -> dict[str, Any]:
    """Say what each point was trained on and resolves; ``found`` are report, checkpoint, metrics of each."""
    reasons = map(why_untrained, found[1::3])
    return points.describe_points(
        asked_points(ablations), list(zip(found[::3], reasons, found[2::3], strict=True))
    )

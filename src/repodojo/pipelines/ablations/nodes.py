"""Nodes of the pipeline `ablations`."""

from typing import Any

from repodojo.curation.settings import AblationPoint, AblationSettings
from repodojo.metrics import ablations as points


# Kedro makes models of the points' parameters, and then cannot of the one that holds them.
def asked_points(ablations: dict[str, Any]) -> dict[str, AblationPoint]:
    """Return the points that are run, from checked parameters."""
    return AblationSettings.model_validate(ablations).asked


def describe_points(ablations: dict[str, Any], *found: dict[str, Any]) -> dict[str, Any]:
    """Say what each point was trained on and what it resolves; ``found`` are report and metrics of each."""
    return points.describe_points(asked_points(ablations), list(zip(found[::2], found[1::2], strict=True)))

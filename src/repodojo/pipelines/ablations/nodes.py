"""Nodes of the pipeline `ablations`."""

from typing import Any

from repodojo.curation.settings import AblationSettings
from repodojo.metrics import ablations as points


def describe_points(ablations: AblationSettings, *found: dict[str, Any]) -> dict[str, Any]:
    """Say what each point was trained on and what it resolves; ``found`` are report and metrics of each."""
    return points.describe_points(ablations.asked, list(zip(found[::2], found[1::2], strict=True)))

"""Points of sweeps: what each was trained on, and what its policy does on held-out instances."""

from collections.abc import Mapping, Sequence
from typing import Any

from repodojo.curation.settings import AblationPoint


def describe_points(
    points: Mapping[str, AblationPoint], found: Sequence[tuple[Mapping[str, Any], str, Mapping[str, Any]]]
) -> dict[str, Any]:
    """Return a row for each point by name.

    ``found`` are its curation report, why nothing was trained (empty where it was), its policy's metrics.
    """
    return {
        name: _row(point, report, untrained, metrics["overall"])
        for (name, point), (report, untrained, metrics) in zip(points.items(), found, strict=True)
    }


def _row(
    point: AblationPoint, report: Mapping[str, Any], untrained: str, overall: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "settings": point.settings(),
        "chosen": report["chosen"],
        "instances_chosen": report["instances_chosen"],
        "attempts": overall["attempts"],
        "resolve_rate": overall["greedy"],
        "resolve_rate_of_all_attempts": overall["mean"],
        "empty_patch": overall["greedy_rates"]["empty_patch"],
        "reason": _why_undefined(report, untrained, overall),
    }


def _why_undefined(report: Mapping[str, Any], untrained: str, overall: Mapping[str, Any]) -> str:
    """Return why a point has no result; empty where it has one."""
    if overall["attempts"]:
        return ""
    if not report["chosen"]:
        return "no trajectory is left to train on"
    return untrained or "no instance to attempt"

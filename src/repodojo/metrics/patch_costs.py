"""Lint findings and test time of resolving patches against gold, summed up over instances."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from repodojo.grading.patch_measures import PatchMeasure
from repodojo.metrics.bootstrap import Estimate, mean_estimate, undefined
from repodojo.metrics.matrices import Floats
from repodojo.metrics.patch_size import NOTHING_RESOLVED
from repodojo.metrics.plain import plain


def patch_costs(measures: Iterable[PatchMeasure]) -> dict[str, Any]:
    """Return findings and seconds of our patches minus gold's, paired by instance; None is undefined."""
    listed = list(measures)
    lint = _pairs(listed, "new_findings", "gold_new_findings")
    time = _pairs(listed, "test_s", "gold_test_s")
    timed = time[time[:, 1] > 0]
    reasons = sorted({each.reason for each in listed if each.reason})
    reason = "; ".join(reasons) or ("" if listed else NOTHING_RESOLVED)
    result: dict[str, Any] = plain(
        {
            "patches": len(listed),
            "instances": len({each.instance_id for each in listed}),
            "new_findings_minus_gold": _difference(lint, reason),
            "test_seconds_minus_gold": _difference(time, reason),
            "median_test_time_ratio": float(np.median(timed[:, 0] / timed[:, 1])) if len(timed) else None,
            "reason": reason,
        }
    )
    return result


def _pairs(listed: Sequence[PatchMeasure], ours: str, gold: str) -> Floats:
    """Return the means of each instance's patches beside gold's, (instances, 2)."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for each in listed:
        pair = (getattr(each, ours), getattr(each, gold))
        if None not in pair:
            groups.setdefault(each.instance_id, []).append(pair)
    return np.array([np.mean(group, axis=0) for group in groups.values()]).reshape(-1, 2)


def _difference(pairs: Floats, reason: str) -> Estimate:
    if not len(pairs):
        return undefined(reason)
    differences = pairs[:, 0] - pairs[:, 1]
    reach = float(np.abs(differences).max(initial=1.0))
    return mean_estimate(differences, span=(-reach, reach))

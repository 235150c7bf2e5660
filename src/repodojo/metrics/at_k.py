"""The shape of a curve over k, shared by pass@k, best@k and random@k."""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np

from repodojo.metrics.bootstrap import mean_estimates
from repodojo.metrics.matrices import Floats
from repodojo.metrics.reasons import NO_INSTANCES


class AtK(NamedTuple):
    """One point of a curve: mean over instances, 95 % interval, bounds left open by unmeasured attempts."""

    k: int
    value: float
    low: float
    high: float
    n: int
    """Instances."""
    lower_bound: float
    upper_bound: float
    reason: str = ""
    """Why it is undefined; empty where it is not."""


def curve(ks: Sequence[int], values: Floats, lowest: Floats, highest: Floats, *, seed: int = 0) -> list[AtK]:
    """Average per-instance values, (instances, ks), into a curve; NaN where k exceeds the attempts."""
    defined = [bool(np.isfinite(column).all()) and len(column) > 0 for column in values.T]
    estimates = iter(mean_estimates(values[:, defined], seed=seed))
    points = []
    for column, k in enumerate(ks):
        if not defined[column]:
            reason = f"fewer than {k} attempts at each instance" if len(values) else NO_INSTANCES
            points.append(AtK(k, nan, nan, nan, len(values), nan, nan, reason))
            continue
        bounds = float(lowest[:, column].mean()), float(highest[:, column].mean())
        points.append(AtK(k, *next(estimates)[:4], *bounds))
    return points

"""The scaling fit of the paper's Figure 1: y = slope * ln(x) + intercept, by least squares."""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np


class LogFit(NamedTuple):
    """A least-squares line in ln(x); NaN where undefined."""

    slope: float
    intercept: float
    r2: float
    """Share of the variance explained; NaN where y is constant."""
    n: int
    """Points."""
    reason: str = ""
    """Why something is undefined; empty where nothing is."""


def log_fit(x: Sequence[float], y: Sequence[float]) -> LogFit:
    """Fit y to ln(x); NaN with fewer than two distinct x, or a value that is not finite and positive in x."""
    values, points = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    usable = bool(np.isfinite(values).all() and (points > 0).all() and np.isfinite(points).all())
    if not usable or len(np.unique(points)) < 2:
        why = "fewer than two points" if usable else "a point is undefined"
        return LogFit(nan, nan, nan, len(points), why)
    logs = np.log(points)
    spread = logs - logs.mean()
    slope = float(spread @ values / (spread @ spread))
    intercept = float(values.mean() - slope * logs.mean())
    total = float(((values - values.mean()) ** 2).sum())
    error = float(((values - slope * logs - intercept) ** 2).sum())
    if np.ptp(values) == 0:
        return LogFit(slope, intercept, nan, len(points), "all points are equal")
    return LogFit(slope, intercept, 1.0 - error / total, len(points))

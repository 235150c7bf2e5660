"""The difference of two arms on the same instances, its interval by resampling instances."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from repodojo.metrics.bootstrap import mean_estimate
from repodojo.metrics.matrices import Floats, measured_or


class Difference(NamedTuple):
    """Treatment minus baseline, its paired 95 % interval, and the bounds left open by unmeasured attempts."""

    value: float
    low: float
    high: float
    n: int
    """Instances."""
    lower_bound: float
    upper_bound: float
    reason: str = ""
    """Why it is undefined; empty where it is not."""

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0; False where it is undefined."""
        return self.low > 0 or self.high < 0


def _per_instance(values: ArrayLike, unknown: float) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    known = measured_or(table, unknown)
    return known if known.ndim == 1 else np.asarray(known.mean(axis=1))


def paired_difference(treatment: ArrayLike, baseline: ArrayLike, *, seed: int = 0) -> Difference:
    """Compare two arms, each (instances,) or (instances, attempts), rows in the same order.

    The arms may differ in attempts. NaN (not measured) counts as unresolved; the bounds set it against and
    for the treatment. The answer is the same with the instances in any order, up to the draws.

    Raises:
        ValueError: the arms do not have the same number of instances.
    """
    left, right = _per_instance(treatment, 0.0), _per_instance(baseline, 0.0)
    if left.shape != right.shape:
        raise ValueError(f"a paired difference needs the same instances: {len(left)} and {len(right)} rows")
    estimate = mean_estimate(left - right, span=(-1.0, 1.0), seed=seed)
    lowest = left - _per_instance(baseline, 1.0)
    highest = _per_instance(treatment, 1.0) - right
    bounds = (float(lowest.mean()), float(highest.mean())) if len(left) else (np.nan, np.nan)
    return Difference(*estimate[:4], *bounds, estimate.reason)

"""random@k: pick one of k attempts by chance. The baseline that best@k must beat; the same for every k."""

from collections.abc import Sequence
from math import nan

import numpy as np

from repodojo.metrics.at_k import AtK, curve
from repodojo.metrics.matrices import Floats, measured_or


def instance_random_at_k(outcomes: Floats, ks: Sequence[int]) -> Floats:
    """Return random@k of each instance, (instances, ks), from outcomes without NaN."""
    n = outcomes.shape[1]
    mean = outcomes.mean(axis=1) if n else np.full(len(outcomes), nan)
    return np.where([1 <= k <= n for k in ks], mean[:, None], nan)


def random_at_k(outcomes: Floats, ks: Sequence[int], *, seed: int = 0) -> list[AtK]:
    """Return the curve of random@k: the mean over attempts, which is pass@1."""
    worst = instance_random_at_k(measured_or(outcomes, 0.0), ks)
    return curve(ks, worst, worst, instance_random_at_k(measured_or(outcomes, 1.0), ks), seed=seed)

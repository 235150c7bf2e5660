"""How much of the way from chance to a perfect pick a verifier covers: (best@k - base) / (pass@k - base)."""

from math import nan

import numpy as np
from numpy.typing import ArrayLike

from repodojo.metrics.bootstrap import Estimate, ratio_estimate


def gap_closed(picked: float, base: float, oracle: float) -> float:
    """Return the share of the gap between ``base`` and ``oracle`` closed; NaN where there is no gap."""
    return (picked - base) / (oracle - base) if oracle != base else nan


def gap_closed_estimate(picked: ArrayLike, base: ArrayLike, oracle: ArrayLike, *, seed: int = 0) -> Estimate:
    """Estimate the same from one value per instance of each."""
    start = np.asarray(base, dtype=np.float64)
    return ratio_estimate(np.asarray(picked) - start, np.asarray(oracle) - start, seed=seed)

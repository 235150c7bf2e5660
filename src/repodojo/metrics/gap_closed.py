"""How much of the way from chance to a perfect pick a verifier covers: (best@k - base) / (pass@k - base)."""

from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from repodojo.metrics.best_at_k import instance_best_at_k
from repodojo.metrics.bootstrap import Estimate, ratio_estimate
from repodojo.metrics.matrices import AttemptMatrices, Floats
from repodojo.metrics.pass_at_k import instance_pass_at_k
from repodojo.metrics.random_at_k import instance_random_at_k


class Gap(NamedTuple):
    """What k attempts resolve of each instance: picked by score, by chance, and by who knows the outcome."""

    best: Floats
    chance: Floats
    oracle: Floats

    def closed(self, picked: ArrayLike, seed: int) -> Estimate:
        """Estimate how much of the way from chance to the oracle a pick covers."""
        return gap_closed_estimate(picked, self.chance, self.oracle, seed=seed)


def gap_at_k(attempts: AttemptMatrices, k: int) -> Gap:
    """Return the gap at k; what was not measured is unresolved, and has no score."""
    known = attempts.known
    return Gap(
        instance_best_at_k(known, attempts.known_scores, [k])[:, 0],
        instance_random_at_k(known, [k])[:, 0],
        instance_pass_at_k(known, [k])[:, 0],
    )


def gap_closed(picked: float, base: float, oracle: float) -> float:
    """Return the share of the gap between ``base`` and ``oracle`` closed; NaN where there is no gap."""
    return (picked - base) / (oracle - base) if oracle != base else nan


def gap_closed_estimate(picked: ArrayLike, base: ArrayLike, oracle: ArrayLike, *, seed: int = 0) -> Estimate:
    """Estimate the same from one value per instance of each."""
    start = np.asarray(base, dtype=np.float64)
    return ratio_estimate(np.asarray(picked) - start, np.asarray(oracle) - start, seed=seed)

"""How much of the way from chance to a perfect pick a verifier covers: (best@k - base) / (pass@k - base)."""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from repodojo.metrics.best_at_k import instance_best_at_k
from repodojo.metrics.bootstrap import Estimate, agreed, ratio_estimates
from repodojo.metrics.matrices import AttemptMatrices, Floats
from repodojo.metrics.pass_at_k import instance_pass_at_k
from repodojo.metrics.random_at_k import instance_random_at_k

NO_GAP = "the oracle gains nothing over one attempt"
ROUNDING = 1e-9


class Gap(NamedTuple):
    """What k attempts resolve of each instance: picked by score, by chance, and by who knows the outcome."""

    best: Floats
    chance: Floats
    oracle: Floats

    def closed(self, *picked: ArrayLike, seed: int) -> list[Estimate]:
        """Estimate how much of the way from chance to the oracle each pick covers."""
        return gap_closed_estimates(picked, self.chance, self.oracle, seed=seed)


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


def gap_closed_estimates(
    picked: Sequence[ArrayLike], base: ArrayLike, oracle: ArrayLike, *, seed: int = 0
) -> list[Estimate]:
    """Estimate the same for several picks from one value per instance of each.

    Where every resample agrees, though a pick that gains could have failed to, the distance to Wilson's bound
    for 0 of the instances that have a gap is used, as in `mean_estimates`.
    """
    start = np.asarray(base, dtype=np.float64)
    gain = np.asarray(oracle) - start
    gains = np.column_stack([np.asarray(each) - start for each in picked])
    found = ratio_estimates(gains, gain, over_nothing=NO_GAP, seed=seed)
    return [_with_room(each, int(np.count_nonzero(gain))) for each in found]


def _with_room(found: Estimate, count: int) -> Estimate:
    if not abs(found.high - found.low) < ROUNDING or not ROUNDING < found.value <= 1 + ROUNDING:
        return found
    low, high = agreed(found.value, count, (0.0, 1.0))
    return found._replace(low=low, high=high)

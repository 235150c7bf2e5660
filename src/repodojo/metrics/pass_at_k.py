"""pass@k: the chance that k of an instance's attempts hold at least one that resolves it.

The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374): 1 - C(n-c, k) / C(n, k), exact over all
subsets of k of the n attempts. Also called oracle@k: what a perfect verifier would reach.
"""

from collections.abc import Sequence
from math import comb, nan

import numpy as np

from repodojo.metrics.at_k import AtK, curve
from repodojo.metrics.matrices import Floats, measured_or


def pass_at_k_of(n: int, resolved: int, k: int) -> float:
    """Return pass@k of one instance; NaN when there are fewer than k attempts, or k < 1."""
    if not 1 <= k <= n:
        return nan
    return 1.0 - comb(n - resolved, k) / comb(n, k)


def instance_pass_at_k(outcomes: Floats, ks: Sequence[int]) -> Floats:
    """Return pass@k of each instance, (instances, ks), from outcomes without NaN."""
    n = outcomes.shape[1]
    table = np.array([[pass_at_k_of(n, resolved, k) for k in ks] for resolved in range(n + 1)])
    return np.asarray(table[outcomes.sum(axis=1).astype(int)])


def pass_at_k(outcomes: Floats, ks: Sequence[int], *, seed: int = 0) -> list[AtK]:
    """Return the curve of pass@k; NaN counts as unresolved, and as resolved in the upper bound."""
    worst = instance_pass_at_k(measured_or(outcomes, 0.0), ks)
    best = instance_pass_at_k(measured_or(outcomes, 1.0), ks)
    return curve(ks, worst, worst, best, seed=seed)

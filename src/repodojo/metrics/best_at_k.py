"""best@k: the chance that the attempt with the highest verifier score among k resolves the instance.

The exact expectation over all subsets of k of the n attempts, not a simulation. Sort an instance's attempts
by falling score: the attempt at place j (from 0) is the best of C(n-1-j, k-1) of the C(n, k) subsets. Ties
are broken by chance, so tied attempts share the mean of their outcomes. An attempt without a score ranks
last.
"""

from collections.abc import Sequence
from math import comb, nan

import numpy as np

from repodojo.metrics.at_k import AtK, curve
from repodojo.metrics.matrices import Floats


def place_weights(n: int, ks: Sequence[int]) -> Floats:
    """Return the share of k-subsets whose best is at each place, (n, ks); NaN where k is impossible."""
    return np.array(
        [[comb(n - 1 - place, k - 1) / comb(n, k) if 1 <= k <= n else nan for k in ks] for place in range(n)]
    ).reshape(n, len(ks))


def ranked(outcomes: Floats, scores: Floats) -> Floats:
    """Return each row's outcomes by falling score, tied ones replaced by their mean."""
    keys = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-keys, axis=1, kind="stable")
    keys = np.take_along_axis(keys, order, axis=1)
    labels = np.take_along_axis(outcomes, order, axis=1)
    starts = np.ones(keys.shape, dtype=bool)
    starts[:, 1:] = keys[:, 1:] != keys[:, :-1]
    group = np.cumsum(starts.ravel()) - 1
    means = np.bincount(group, weights=labels.ravel()) / np.bincount(group)
    return np.asarray(means[group].reshape(labels.shape))


def instance_best_at_k(outcomes: Floats, scores: Floats, ks: Sequence[int]) -> Floats:
    """Return best@k of each instance, (instances, ks), from outcomes without NaN."""
    n = outcomes.shape[1]
    if outcomes.size == 0:
        return np.full((len(outcomes), len(ks)), nan)
    weights = place_weights(n, ks)
    return np.asarray(ranked(outcomes, scores) @ weights)


def best_at_k(outcomes: Floats, scores: Floats, ks: Sequence[int], *, seed: int = 0) -> list[AtK]:
    """Return the curve of best@k.

    An attempt that was not measured ranks last and counts as unresolved; the bounds let it rank first,
    unresolved and resolved.
    """
    unknown = np.isnan(outcomes)

    def supposed(outcome: float, score: float) -> Floats:
        return instance_best_at_k(np.where(unknown, outcome, outcomes), np.where(unknown, score, scores), ks)

    return curve(ks, supposed(0.0, -np.inf), supposed(0.0, np.inf), supposed(1.0, np.inf), seed=seed)

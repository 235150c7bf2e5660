"""Adaptive k: attempts one after another until the verifier is sure of one, at most k of them.

An attempt whose score reaches the threshold is taken at once; without one, the best-scored of k is. The
values are exact expectations over all orders of an instance's n attempts. With m sure attempts among n,
none is among the first j with chance C(n-m, j) / C(n, j): that gives the attempts made. Whichever sure
attempt comes first is any of the m with the same chance; without one, the pick is best@k of the n-m others.
An attempt that was not measured, or has no score, is never sure.
"""

from collections.abc import Sequence
from math import comb, inf
from typing import NamedTuple

import numpy as np

from repodojo.metrics.best_at_k import place_weights, ranked
from repodojo.metrics.matrices import AttemptMatrices, Floats

MOST_THRESHOLDS = 41
_LOWEST = -1e300
"""The key of an attempt without a score: below every score, above what is left out."""


class Adaptive(NamedTuple):
    """One threshold on each instance: chance that the pick resolves it, and expected attempts."""

    resolved: Floats
    attempts: Floats


def instance_adaptive(attempts: AttemptMatrices, threshold: float, k: int) -> Adaptive:
    """Return both for each instance; ``k`` is at most the number of attempts there are.

    Raises:
        ValueError: ``k`` is not possible.
    """
    n = attempts.outcomes.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"adaptive k needs 1 <= k <= {n} attempts, found k = {k}")
    known, scores = attempts.known, attempts.known_scores
    sure = scores >= threshold
    count = sure.sum(axis=1)
    missed = np.array([[comb(n - m, j) / comb(n, j) for j in range(k + 1)] for m in range(n + 1)])[count]
    taken = np.divide((known * sure).sum(axis=1), count, out=np.zeros(len(known)), where=count > 0)
    keys = np.where(sure, -inf, np.where(np.isnan(scores), _LOWEST, scores))
    weights = np.zeros((n + 1, n))
    for left in range(k, n + 1):
        weights[left, :left] = place_weights(left, [k])[:, 0]
    otherwise = (ranked(known, keys) * weights[n - count]).sum(axis=1)
    resolved = taken * (1.0 - missed[:, k]) + otherwise * missed[:, k]
    return Adaptive(resolved, missed[:, :k].sum(axis=1))


def thresholds(training: Sequence[AttemptMatrices]) -> list[float]:
    """Return the thresholds that are tried: quantiles of the training attempts' scores, and never sure."""
    scores = np.concatenate([np.empty(0), *(each.known_scores.ravel() for each in training)])
    given = scores[~np.isnan(scores)]
    if not len(given):
        return [inf]
    levels = np.linspace(0.0, 1.0, MOST_THRESHOLDS)
    return [*np.unique(np.quantile(given, levels, method="lower")).tolist(), inf]

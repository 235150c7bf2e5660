"""Adaptive k: attempts one after another until the verifier is sure of one, at most k of them.

An attempt whose score reaches the threshold is taken at once; without one, the best-scored of k is. The
values are exact expectations over all orders of an instance's n attempts. With m sure attempts among n,
none is among the first j with chance C(n-m, j) / C(n, j): that gives the attempts made. Whichever sure
attempt comes first is any of the m with the same chance; without one, the pick is best@k of the n-m others.
An attempt that was not measured, or has no score, is never sure.
"""

from collections.abc import Sequence
from functools import cache
from math import comb, inf
from typing import NamedTuple

import numpy as np

from repodojo.metrics.best_at_k import place_weights, ranked
from repodojo.metrics.matrices import AttemptMatrices, Floats

MOST_THRESHOLDS = 41


class FallingScores(NamedTuple):
    """Each instance's attempts by falling score, (instances, attempts); those without one come last."""

    outcomes: Floats
    """Of what was not measured 0; of equal scores their mean."""
    scores: Floats


class Adaptive(NamedTuple):
    """One threshold on each instance: chance that the pick resolves it, and expected attempts."""

    resolved: Floats
    attempts: Floats


def by_falling_score(attempts: AttemptMatrices) -> FallingScores:
    """Order the attempts, once for all thresholds."""
    scores = attempts.known_scores
    return FallingScores(ranked(attempts.known, scores), -np.sort(-scores, axis=1))


def instance_adaptive(attempts: FallingScores, threshold: float, k: int) -> Adaptive:
    """Return both for each instance; ``k`` is at most the number of attempts there are.

    Raises:
        ValueError: ``k`` is not possible.
    """
    n = attempts.outcomes.shape[1]
    if not 1 <= k <= n:
        raise ValueError(f"adaptive k needs 1 <= k <= {n} attempts, found k = {k}")
    sure = attempts.scores >= threshold
    count = sure.sum(axis=1)
    missed, otherwise = _none_among_first(n, k)[count], _weights_of_others(n, k)[count]
    taken = np.divide(
        (attempts.outcomes * sure).sum(axis=1), count, out=np.zeros(len(count)), where=count > 0
    )
    picked = np.einsum("ij,ij->i", attempts.outcomes, otherwise)
    resolved = taken * (1.0 - missed[:, k]) + picked * missed[:, k]
    return Adaptive(resolved, missed[:, :k].sum(axis=1))


@cache
def _none_among_first(n: int, k: int) -> Floats:
    """Return the chance that none of m sure attempts is among the first j, (m, j)."""
    return np.array([[comb(n - m, j) / comb(n, j) for j in range(k + 1)] for m in range(n + 1)])


@cache
def _weights_of_others(n: int, k: int) -> Floats:
    """Return best@k's weights of what comes after m sure attempts, (m, places); 0 where fewer than k do."""
    weights = np.zeros((n + 1, n))
    for m in range(n - k + 1):
        weights[m, m:] = place_weights(n - m, [k])[:, 0]
    return weights


def thresholds(training: Sequence[AttemptMatrices]) -> list[float]:
    """Return the thresholds that are tried: quantiles of the training attempts' scores, and never sure."""
    scores = np.concatenate([np.empty(0), *(each.known_scores.ravel() for each in training)])
    given = scores[~np.isnan(scores)]
    if not len(given):
        return [inf]
    levels = np.linspace(0.0, 1.0, MOST_THRESHOLDS)
    return [*np.unique(np.quantile(given, levels, method="lower")).tolist(), inf]

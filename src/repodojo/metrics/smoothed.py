"""The paper's smoothed pass@k and best@k (`calculate_pass_at_k_smooth`): a simulation, kept for comparison.

In each trial every instance keeps attempt 0 for k = 1; for k > 1 all attempts, attempt 0 included, are
shuffled once and their first k taken, so prefixes are nested. Ties go to the earlier in the shuffle. At k =
n the deviation of pass@k is 0. `pass_at_k` and `best_at_k` give the expectation for k > 1 exactly.
"""

from typing import NamedTuple

import numpy as np

from repodojo.metrics.matrices import Floats


class Smoothed(NamedTuple):
    """One point: means over trials and their standard deviations, as shares."""

    k: int
    pass_mean: float
    pass_deviation: float
    best_mean: float
    best_deviation: float


def paper_smoothed(
    outcomes: Floats, scores: Floats, *, trials: int = 100, keep_first: bool = True, seed: int = 0
) -> list[Smoothed]:
    """Return the points k = 1..n of outcomes and scores, (instances, attempts); NaN counts as lowest."""
    generator = np.random.default_rng(seed)
    labels, keys = np.nan_to_num(outcomes, nan=0.0), np.where(np.isnan(scores), -np.inf, scores)
    columns = np.arange(labels.shape[1])
    if labels.size == 0:
        return []
    means = np.empty((trials, 2, len(columns)))
    for trial in range(trials):
        order = generator.permuted(np.broadcast_to(columns, labels.shape), axis=1)
        shuffled, ranked = np.take_along_axis(labels, order, 1), np.take_along_axis(keys, order, 1)
        newest = ranked > np.maximum.accumulate(np.c_[np.full(len(ranked), -np.inf), ranked[:, :-1]], axis=1)
        newest[:, 0] = True
        leader = np.maximum.accumulate(np.where(newest, columns, 0), axis=1)
        means[trial, 0] = np.maximum.accumulate(shuffled, axis=1).mean(axis=0)
        means[trial, 1] = np.take_along_axis(shuffled, leader, 1).mean(axis=0)
    if keep_first:
        means[:, :, 0] = labels[:, 0].mean()
    mean, deviation = means.mean(axis=0), means.std(axis=0)
    points = np.stack([mean[0], deviation[0], mean[1], deviation[1]], axis=1)
    return [Smoothed(k, *map(float, row)) for k, row in enumerate(points, start=1)]

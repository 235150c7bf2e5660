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
    if outcomes.size == 0:
        return []
    generator = np.random.default_rng(seed)
    means = np.stack([_shuffled(outcomes, scores, generator) for _ in range(trials)])
    if keep_first:
        means[:, :, 0] = np.nan_to_num(outcomes, nan=0.0)[:, 0].mean()
    return _points(means)


def moatless_smoothed(
    outcomes: Floats, scores: Floats, *, trials: int = 100, seed: int = 0
) -> list[Smoothed]:
    """Return the same with a shuffle of its own for every k (the paper's Figure 6 and appendix B.1)."""
    if outcomes.size == 0:
        return []
    generator = np.random.default_rng(seed)
    columns = range(outcomes.shape[1])
    means = np.stack(
        [
            np.stack([_shuffled(outcomes, scores, generator)[:, k] for k in columns], axis=1)
            for _ in range(trials)
        ]
    )
    return _points(means)


def _shuffled(outcomes: Floats, scores: Floats, generator: np.random.Generator) -> Floats:
    """Return pass and best of the first k, (2, attempts), after one shuffle of every instance's attempts."""
    labels, keys = np.nan_to_num(outcomes, nan=0.0), np.where(np.isnan(scores), -np.inf, scores)
    columns = np.arange(labels.shape[1])
    order = generator.permuted(np.broadcast_to(columns, labels.shape), axis=1)
    shuffled, ranked = np.take_along_axis(labels, order, 1), np.take_along_axis(keys, order, 1)
    newest = ranked > np.maximum.accumulate(np.c_[np.full(len(ranked), -np.inf), ranked[:, :-1]], axis=1)
    newest[:, 0] = True
    leader = np.maximum.accumulate(np.where(newest, columns, 0), axis=1)
    best = np.take_along_axis(shuffled, leader, 1)
    return np.stack([np.maximum.accumulate(shuffled, axis=1).mean(axis=0), best.mean(axis=0)])


def _points(means: Floats) -> list[Smoothed]:
    mean, deviation = means.mean(axis=0), means.std(axis=0)
    points = np.stack([mean[0], deviation[0], mean[1], deviation[1]], axis=1)
    return [Smoothed(k, *map(float, row)) for k, row in enumerate(points, start=1)]

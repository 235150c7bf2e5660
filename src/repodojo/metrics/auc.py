"""Area under the ROC curve of a score, its interval by resampling instances."""

from collections.abc import Hashable, Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from repodojo.metrics.bootstrap import Estimate, percentile_interval, undefined
from repodojo.metrics.matrices import Floats
from repodojo.metrics.reasons import NO_ATTEMPTS, why_undefined

_RESAMPLES = 1000


def auc(scores: Sequence[float | None], resolved: Sequence[bool]) -> float:
    """Return the chance that a resolved attempt outscores an unresolved one, ties half (Mann-Whitney).

    A missing score ranks below all others. NaN unless both kinds are present.
    """
    keys, labels = _keys(scores), np.asarray(resolved, dtype=bool)
    return float(_weighted_auc(keys, labels, np.ones((1, len(keys))))[0])


def auc_estimate(
    scores: Sequence[float | None], resolved: Sequence[bool], instances: Sequence[Hashable], *, seed: int = 0
) -> Estimate:
    """Estimate the same for attempts clustered by instance; ``n`` counts instances."""
    return _estimate([scores], [1.0], resolved, instances, seed)


def auc_difference(
    scores: Sequence[float | None],
    baseline: Sequence[float | None],
    resolved: Sequence[bool],
    instances: Sequence[Hashable],
    *,
    seed: int = 0,
) -> Estimate:
    """Estimate the AUC of scores minus that of a baseline on the same attempts, resampled together."""
    return _estimate([scores, baseline], [1.0, -1.0], resolved, instances, seed)


def _estimate(
    scorers: Sequence[Sequence[float | None]],
    signs: Sequence[float],
    resolved: Sequence[bool],
    instances: Sequence[Hashable],
    seed: int,
) -> Estimate:
    labels = np.asarray(resolved, dtype=bool)
    row_of = {name: row for row, name in enumerate(dict.fromkeys(instances))}
    if not row_of:
        return undefined(NO_ATTEMPTS)
    member = np.array([row_of[name] for name in instances])
    count = len(row_of)
    drawn = np.random.default_rng(seed).multinomial(count, [1 / count] * count, size=_RESAMPLES)
    weights = np.concatenate([np.ones((1, len(member))), drawn[:, member]])
    found = sum(
        sign * _weighted_auc(_keys(scores), labels, weights)
        for sign, scores in zip(signs, scorers, strict=True)
    )
    values = np.asarray(found, dtype=np.float64)
    if np.isnan(values[0]):
        return undefined(why_undefined(labels.tolist(), least=1), count)
    low, high = percentile_interval(values[1:])
    return Estimate(float(values[0]), float(low), float(high), count)


def _keys(scores: Sequence[float | None]) -> Floats:
    given = np.array([np.nan if score is None else score for score in scores], dtype=np.float64)
    return np.where(np.isnan(given), -np.inf, given)


def _weighted_auc(keys: Floats, labels: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return the area for each row of weights, (rows, attempts); NaN where a class has no weight."""
    if not len(keys):
        return np.full(len(weights), nan)
    order = np.argsort(keys, kind="stable")
    _, starts = np.unique(keys[order], return_index=True)
    ordered, kind = weights[:, order], labels[order]
    positive = np.add.reduceat(ordered * kind, starts, axis=1)
    negative = np.add.reduceat(ordered * ~kind, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    won = (positive * below).sum(axis=1)
    return np.asarray(np.divide(won, pairs, out=np.full(len(weights), nan), where=pairs > 0))

"""Intervals that resample instances: every attempt at a resampled instance comes along.

They hold for other instances drawn like these, not for projects unlike these, and not for another training
run.
"""

from collections.abc import Iterable, Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from repodojo.metrics.matrices import Floats
from repodojo.metrics.reasons import NO_ATTEMPTS, NO_INSTANCES
from repodojo.metrics.wilson import LEVEL, wilson_interval

RESAMPLES = 4000
_CELLS = 2_000_000
"""Counts held in memory at once while resampling."""


class Estimate(NamedTuple):
    """A number, its 95 % interval, and how many instances it rests on; NaN where undefined."""

    value: float
    low: float
    high: float
    n: int
    reason: str = ""
    """Why it is undefined; empty where it is not."""


def undefined(reason: str, n: int = 0) -> Estimate:
    """Return what stands in place of a number that there is not."""
    return Estimate(nan, nan, nan, n, reason)


def bootstrap_sums(values: Floats, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """Sum each column over instances drawn with replacement: (instances, columns) -> (resamples, columns)."""
    count = len(values)
    generator = np.random.default_rng(seed)
    batch = max(1, min(resamples, _CELLS // count))
    sums = np.empty((resamples, values.shape[1]))
    for start in range(0, resamples, batch):
        size = min(batch, resamples - start)
        drawn = generator.integers(0, count, size=(size, count)) + count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        sums[start : start + size] = weights @ values
    return sums


def percentile_interval(samples: Floats, level: float = LEVEL) -> Floats:
    """Return both ends of the central interval of each column, (2, ...), NaN samples left out."""
    tail = 50.0 * (1.0 - level)
    return np.asarray(np.nanpercentile(samples, [tail, 100.0 - tail], axis=0))


def agreed(value: float, count: int, span: tuple[float, float]) -> tuple[float, float]:
    """Return the interval of a number that ``count`` instances agree on."""
    reach = wilson_interval(0, count).high * (span[1] - span[0])
    return max(value - reach, span[0]), min(value + reach, span[1])


def mean_estimates(
    values: ArrayLike, *, span: tuple[float, float] = (0.0, 1.0), seed: int = 0
) -> list[Estimate]:
    """Estimate the mean of each column of per-instance values, (instances, columns); of none it is undefined.

    Where all instances agree, resampling says nothing (0 of 50 would get the interval [0, 0]): the distance
    to Wilson's bound for 0 of n is used in its place, within ``span``.
    """
    table = np.asarray(values, dtype=np.float64)
    count, columns = table.shape
    if table.size == 0:
        return [undefined(NO_INSTANCES)] * columns
    low, high = percentile_interval(bootstrap_sums(table, seed) / count)
    estimates = []
    for column, values_of in enumerate(table.T):
        mean = float(values_of.mean())
        interval = (float(low[column]), float(high[column]))
        if np.ptp(values_of) == 0:
            interval = agreed(mean, count, span)
        estimates.append(Estimate(mean, *interval, count))
    return estimates


def mean_estimate(values: ArrayLike, *, span: tuple[float, float] = (0.0, 1.0), seed: int = 0) -> Estimate:
    """Estimate the mean of one value per instance."""
    column = np.asarray(values, dtype=np.float64).reshape(-1, 1)
    return mean_estimates(column, span=span, seed=seed)[0]


def ratio_estimates(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    over_nothing: str,
    span: tuple[float, float] | None = None,
    seed: int = 0,
) -> list[Estimate]:
    """Estimate ratios of sums over instances: columns of numerators, (instances, columns), one denominator.

    Over a sum of 0 they are NaN, and ``over_nothing`` says what is missing; resamples whose denominator is 0
    are left out. With a ``span``, agreement is treated as in `mean_estimates`.
    """
    table = np.column_stack([np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)])
    count, columns = len(table), table.shape[1] - 1
    if count == 0:
        return [undefined(NO_ATTEMPTS)] * columns
    total = table[:, -1].sum()
    if total == 0:
        return [undefined(over_nothing, count)] * columns
    sums = bootstrap_sums(table, seed)
    defined = sums[sums[:, -1] != 0]
    ratios, values = defined[:, :-1] / defined[:, -1:], table[:, :-1].sum(axis=0) / total
    found = []
    for value, samples in zip(values.tolist(), ratios.T, strict=True):
        low, high = percentile_interval(samples).tolist()
        if span and np.ptp(samples) == 0:
            low, high = agreed(value, count, span)
        found.append(Estimate(value, low, high, count))
    return found


def ratio_estimate(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    over_nothing: str,
    span: tuple[float, float] | None = None,
    seed: int = 0,
) -> Estimate:
    """Estimate the ratio of one numerator and one denominator for each instance."""
    column = np.asarray(numerators, dtype=np.float64).reshape(-1, 1)
    return ratio_estimates(column, denominators, over_nothing=over_nothing, span=span, seed=seed)[0]


def pooled_estimate(
    groups: Iterable[Sequence[float]],
    *,
    over_nothing: str,
    span: tuple[float, float] | None = None,
    seed: int = 0,
) -> Estimate:
    """Estimate the mean of all values, which are grouped by instance."""
    rows = list(groups)
    sums, counts = [sum(row) for row in rows], [len(row) for row in rows]
    return ratio_estimate(sums, counts, over_nothing=over_nothing, span=span, seed=seed)

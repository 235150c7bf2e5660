"""Calibration of scores: the reliability curve, its error, and the distribution of scores by outcome.

Scores are probabilities in [0, 1]; bins are of equal width (Guo et al. 2017, arXiv 1706.04599).
"""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from repodojo.metrics.wilson import wilson_interval

BINS = 10


class Bin(NamedTuple):
    """One bin of the reliability curve; NaN where it is empty."""

    low: float
    high: float
    n: int
    mean_score: float
    resolved_share: float
    share_low: float
    share_high: float
    """Wilson's 95 % interval of the share, attempts taken as independent."""


class Histogram(NamedTuple):
    """Counts of scores in equal bins, by outcome."""

    edges: tuple[float, ...]
    resolved: tuple[int, ...]
    unresolved: tuple[int, ...]


def bin_of(scores: Sequence[float]) -> NDArray[np.int64]:
    """Return each score's bin; 1.0 falls into the last one."""
    return np.clip((np.asarray(scores, dtype=np.float64) * BINS).astype(np.int64), 0, BINS - 1)


def reliability_curve(scores: Sequence[float], resolved: Sequence[bool]) -> list[Bin]:
    """Return mean score and share resolved of each bin."""
    values, labels, bins = np.asarray(scores, np.float64), np.asarray(resolved, np.bool_), bin_of(scores)
    points = []
    for b in range(BINS):
        inside, low, high = bins == b, b / BINS, (b + 1) / BINS
        n, good = int(inside.sum()), int(labels[inside].sum())
        mean, share = (float(values[inside].mean()), good / n) if n else (nan, nan)
        points.append(Bin(low, high, n, mean, share, *wilson_interval(good, n)))
    return points


def calibration_error(scores: Sequence[float], resolved: Sequence[bool]) -> float:
    """Return the expected calibration error; NaN without scores."""
    if not len(scores):
        return nan
    gaps = [
        bin.n * abs(bin.mean_score - bin.resolved_share)
        for bin in reliability_curve(scores, resolved)
        if bin.n
    ]
    return sum(gaps) / len(scores)


def score_histogram(scores: Sequence[float], resolved: Sequence[bool]) -> Histogram:
    """Count scores in bins, resolved and unresolved apart."""
    labels, bins = np.asarray(resolved, np.bool_), bin_of(scores)
    counts = [tuple(np.bincount(bins[labels == kind], minlength=BINS).tolist()) for kind in (True, False)]
    return Histogram(tuple(b / BINS for b in range(BINS + 1)), *counts)


def point_biserial(scores: Sequence[float], resolved: Sequence[bool]) -> float:
    """Return Pearson's correlation of score and outcome; NaN where one of them never varies."""
    values, labels = np.asarray(scores, np.float64), np.asarray(resolved, np.float64)
    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(labels) == 0:
        return nan
    return float(np.corrcoef(values, labels)[0, 1])

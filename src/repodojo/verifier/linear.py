"""A small linear model of the chance to be resolved: logistic regression on standardised features."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, nan

import numpy as np

from repodojo.metrics.reasons import why_undefined

LEAST = 5
"""Attempts of each outcome that a fit needs."""
_CONSTANT = 1e-9
"""A spread below this share of the mean is rounding."""


@dataclass(frozen=True)
class LinearFit:
    """A fitted model, or the reason why there is none (then every prediction is NaN)."""

    names: tuple[str, ...]
    means: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    """Of the standardised features."""
    intercept: float | None = None
    n: int = 0
    resolved: int = 0
    reason: str = ""


def fit_linear(
    names: Sequence[str], rows: Sequence[Sequence[float | None]], resolved: Sequence[bool]
) -> LinearFit:
    """Fit the chance of ``resolved``; a missing value stands at its feature's mean."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - loading it takes a second

    n, good = len(resolved), sum(resolved)
    kept = tuple(names)
    if reason := why_undefined(resolved, LEAST):
        return LinearFit(kept, n=n, resolved=good, reason=reason)
    table = np.array([[nan if v is None else v for v in row] for row in rows], dtype=np.float64)
    table[~np.isfinite(table)] = nan
    filled = np.where(np.isfinite(table).any(axis=0), table, 0.0)
    means, scales = np.nanmean(filled, axis=0), np.nanstd(filled, axis=0)
    scales = np.where(scales > _CONSTANT * (1.0 + np.abs(means)), scales, 1.0)
    model = LogisticRegression(C=1.0, max_iter=1000)
    model.fit(np.nan_to_num((filled - means) / scales), np.asarray(resolved, dtype=np.int64))
    weights, intercept = model.coef_[0].tolist(), float(model.intercept_[0])
    return LinearFit(kept, tuple(means.tolist()), tuple(scales.tolist()), tuple(weights), intercept, n, good)


def predict(fit: LinearFit, row: Sequence[float | None]) -> float:
    """Return the chance of ``resolved``; NaN where there is no fit."""
    if fit.intercept is None:
        return nan
    parts = zip(row, fit.means, fit.scales, fit.weights, strict=True)
    sums = [w * (v - m) / s for v, m, s, w in parts if v is not None and np.isfinite(v)]
    return 1.0 / (1.0 + exp(-max(-700.0, min(700.0, fit.intercept + sum(sums)))))

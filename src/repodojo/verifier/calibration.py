"""Temperature scaling (Guo et al. 2017, arXiv 1706.04599): one number that makes scores mean what they say.

A score p becomes sigmoid(logit(p) / T), so ranks and whatever is picked by them stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log

import numpy as np

from repodojo.metrics.reasons import why_undefined
from repodojo.verifier.linear import LEAST

EDGE = 1e-6
"""Scores are kept this far from 0 and 1."""
_RANGE = (log(0.05), log(100.0))


@dataclass(frozen=True)
class Temperature:
    """A fitted temperature, or the reason why there is none."""

    value: float | None
    n: int = 0
    resolved: int = 0
    reason: str = ""


def logit(score: float) -> float:
    """Return log(p / (1 - p)) of a score, kept off the ends."""
    p = min(max(score, EDGE), 1.0 - EDGE)
    return log(p / (1.0 - p))


def fit_temperature(scores: Sequence[float | None], resolved: Sequence[bool]) -> Temperature:
    """Fit the temperature of least negative log-likelihood; attempts without a finite score are left out."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - loading it takes half a second

    pairs = [(logit(s), r) for s, r in zip(scores, resolved, strict=True) if s is not None and isfinite(s)]
    labels = [r for _, r in pairs]
    if reason := why_undefined(labels, LEAST):
        return Temperature(None, len(pairs), sum(labels), reason)
    logits = np.array([z for z, _ in pairs])
    signed = np.where(labels, -logits, logits)
    found = minimize_scalar(
        lambda t: float(np.logaddexp(0.0, signed / exp(t)).sum()), bounds=_RANGE, method="bounded"
    )
    return Temperature(exp(float(found.x)), len(pairs), sum(labels))


def calibrate(score: float | None, temperature: Temperature) -> float | None:
    """Return the calibrated score; None without a score or a temperature."""
    if score is None or not isfinite(score) or temperature.value is None:
        return None
    return 1.0 / (1.0 + exp(-logit(score) / temperature.value))

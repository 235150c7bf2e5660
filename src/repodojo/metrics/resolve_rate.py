"""The resolve rate of one attempt per instance: resolved / asked.

An attempt that was not measured (an infrastructure failure after retries) stays in the denominator. It
counts as unresolved in the rate and as resolved in the upper bound.
"""

from collections.abc import Iterable
from math import nan
from typing import NamedTuple

from repodojo.metrics.reasons import NO_ATTEMPTS
from repodojo.metrics.wilson import wilson_interval
from repodojo.types import Outcome


class ResolveRate(NamedTuple):
    """A resolve rate with Wilson's 95 % interval and the bounds that unmeasured attempts leave open."""

    value: float
    low: float
    high: float
    n: int
    """Instances asked."""
    resolved: int
    not_measured: int
    lower_bound: float
    upper_bound: float
    reason: str = ""
    """Why it is undefined; empty where it is not."""


def resolve_rate(outcomes: Iterable[Outcome]) -> ResolveRate:
    """Return the share resolved of one outcome per instance; NaN when nothing was asked."""
    listed = list(outcomes)
    n, resolved, unknown = len(listed), listed.count("resolved"), listed.count("not_measured")
    if n == 0:
        return ResolveRate(nan, nan, nan, 0, 0, 0, nan, nan, NO_ATTEMPTS)
    low, high = wilson_interval(resolved, n)
    return ResolveRate(resolved / n, low, high, n, resolved, unknown, resolved / n, (resolved + unknown) / n)

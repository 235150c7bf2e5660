"""Wilson's interval for a share of independent trials (Wilson 1927)."""

from math import nan, sqrt
from statistics import NormalDist
from typing import NamedTuple

LEVEL = 0.95


class Interval(NamedTuple):
    """Two ends of an interval; NaN where undefined."""

    low: float
    high: float


def wilson_interval(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Return the score interval of ``successes`` out of ``n``; NaN without trials."""
    if n == 0:
        return Interval(nan, nan)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # Rounding must not put an end on the wrong side of the share itself.
    return Interval(max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach)))

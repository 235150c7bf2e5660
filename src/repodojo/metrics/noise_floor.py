"""The A/A noise floor: by how much two runs of the same policy differ on the same instances.

A difference between two policies that this floor covers says nothing about them. One attempt at each
instance makes a run; the two runs are any two different attempts at the same temperature. Exact over all
such pairs: for an instance with c of n attempts resolved, the difference is +1 or -1 with chance c(n-c) /
n(n-1) each.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import nan, sqrt
from typing import NamedTuple

import numpy as np

from repodojo.metrics.matrices import Floats, measured_or
from repodojo.types import Trajectory

COVERED = 0.95


class NoiseFloor(NamedTuple):
    """How two runs of one policy differ, as differences of resolve rates; NaN where undefined."""

    deviation: float
    """Standard deviation of the difference of two runs."""
    covers_95: float
    """What 95 % of such differences do not exceed, in either direction."""
    n: int
    """Instances."""
    attempts: int
    """At each instance, at one temperature."""
    reason: str
    """Why it is undefined; empty where it is not."""


def noise_floor(outcomes: Floats) -> NoiseFloor:
    """Return the floor of attempts at one temperature, (instances, attempts); NaN counts as unresolved."""
    instances, attempts = outcomes.shape
    if instances == 0 or attempts < 2:
        found = "no instances" if instances == 0 else f"{attempts} attempt at each instance"
        return NoiseFloor(nan, nan, instances, attempts, f"{found}, at least 2 attempts needed")
    resolved = measured_or(outcomes, 0.0).sum(axis=1)
    chances = resolved * (attempts - resolved) / (attempts * (attempts - 1))
    deviation = sqrt(2.0 * float(chances.sum())) / instances
    return NoiseFloor(deviation, _covering(chances) / instances, instances, attempts, "")


def same_temperature(trajectories: Iterable[Trajectory]) -> list[int]:
    """Return the attempts made at the temperature of most attempts, in order; greedy ones stand apart."""
    of_attempt: dict[int, float] = {each.attempt: each.temperature for each in trajectories}
    if not of_attempt:
        return []
    most, _ = max(Counter(of_attempt.values()).items(), key=lambda item: (item[1], item[0]))
    return sorted(attempt for attempt, temperature in of_attempt.items() if temperature == most)


def _covering(chances: Sequence[float] | Floats) -> int:
    """Return the least whole number that 95 % of the sums of the instances' differences do not exceed."""
    sums = np.ones(1)
    for chance in chances:
        sums = np.convolve(sums, [chance, 1.0 - 2.0 * chance, chance])
    middle = len(sums) // 2
    both = np.concatenate([sums[middle : middle + 1], sums[middle + 1 :] + sums[:middle][::-1]])
    return int(np.searchsorted(np.cumsum(both), COVERED - 1e-12))

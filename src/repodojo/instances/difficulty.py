"""How hard instances are, by how often attempts at them were resolved; pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from repodojo.metrics.wilson import wilson_interval
from repodojo.types import Verdict

Level = Literal["unsolved", "hard", "medium", "easy", "unknown"]
HARD, EASY = 1 / 3, 2 / 3
"""Pass rates up to which an instance is hard, and from which on it is easy."""


@dataclass(frozen=True)
class Difficulty:
    """The pass rate of one instance."""

    attempts: int
    """Measured ones."""
    resolved: int
    pass_rate: float | None
    """None without an attempt."""
    low: float | None
    """Ends of Wilson's interval."""
    high: float | None
    level: Level


def measure_difficulty(instance_ids: Iterable[str], verdicts: Iterable[Verdict]) -> dict[str, Difficulty]:
    """Return the difficulty of each instance; attempts that were not measured do not count."""
    counts: dict[str, list[int]] = {}
    for verdict in verdicts:
        if verdict.outcome != "not_measured":
            tally = counts.setdefault(verdict.instance_id, [0, 0])
            tally[0] += 1
            tally[1] += verdict.resolved
    return {name: rate_difficulty(*counts.get(name, (0, 0))) for name in instance_ids}


def rate_difficulty(attempts: int, resolved: int) -> Difficulty:
    """Return the difficulty that a count of attempts and resolved ones shows."""
    if not attempts:
        return Difficulty(0, 0, None, None, None, "unknown")
    rate, interval = resolved / attempts, wilson_interval(resolved, attempts)
    return Difficulty(attempts, resolved, rate, interval.low, interval.high, _level(rate))


def count_levels(found: Mapping[str, Difficulty]) -> dict[Level, int]:
    """Count the instances of each level, the hardest first."""
    levels: tuple[Level, ...] = ("unsolved", "hard", "medium", "easy", "unknown")
    return {level: sum(each.level == level for each in found.values()) for level in levels}


def _level(rate: float) -> Level:
    if rate == 0:
        return "unsolved"
    if rate <= HARD:
        return "hard"
    return "easy" if rate >= EASY else "medium"

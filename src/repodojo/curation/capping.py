"""Per-instance capping: easy instances must not crowd out the rest (the paper's section 3.3 and Table 4)."""

from collections.abc import Iterable

from repodojo.curation.order import by_instance, order_key
from repodojo.types import Trajectory


def prefer_short(trajectories: Iterable[Trajectory]) -> list[Trajectory]:
    """Rank trajectories by model calls, fewer first; ties in order."""
    return sorted(trajectories, key=lambda each: (len(each.turns), order_key(each)))


def cap_per_instance(trajectories: Iterable[Trajectory], per_instance: int | None) -> list[Trajectory]:
    """Keep at most ``per_instance`` of each instance, those with fewer model calls first; None keeps all."""
    groups = by_instance(trajectories).values()
    return [each for group in groups for each in prefer_short(group)[:per_instance]]

"""Deduplication: identical trajectories, and one trajectory per instance (the paper's section 4.2)."""

import random
from collections.abc import Iterable

from repodojo.curation.order import by_instance, in_order
from repodojo.types import Trajectory


def drop_identical(trajectories: Iterable[Trajectory]) -> list[Trajectory]:
    """Keep the first of those with the same instance and the same messages, word for word."""
    kept: dict[object, Trajectory] = {}
    for each in in_order(trajectories):
        kept.setdefault((each.instance_id, each.messages), each)
    return list(kept.values())


def one_per_instance(trajectories: Iterable[Trajectory], seed: int) -> list[Trajectory]:
    """Keep one trajectory of each instance, drawn by seed; no instance's draw depends on the others."""
    return [
        random.Random(f"{seed}:{instance_id}").choice(group)
        for instance_id, group in by_instance(trajectories).items()
    ]

"""The one order of trajectories: what is chosen never depends on the order in which they arrive."""

from collections.abc import Iterable
from itertools import groupby

from repodojo.types import Trajectory


def order_key(trajectory: Trajectory) -> tuple[str, int, str, str]:
    """Return the place of a trajectory: instance, attempt, policy, rollout."""
    return (trajectory.instance_id, trajectory.attempt, trajectory.policy, trajectory.rollout_id)


def in_order(trajectories: Iterable[Trajectory]) -> list[Trajectory]:
    """Return the trajectories in their one order."""
    return sorted(trajectories, key=order_key)


def by_instance(trajectories: Iterable[Trajectory]) -> dict[str, list[Trajectory]]:
    """Group the trajectories by instance, instances and attempts in order."""
    groups = groupby(in_order(trajectories), key=lambda each: each.instance_id)
    return {instance_id: list(group) for instance_id, group in groups}

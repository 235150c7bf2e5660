"""How well scores rank among attempts of like size: groups of about equally many by turns, by characters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from repodojo.metrics.auc import auc_estimate
from repodojo.metrics.bootstrap import Estimate, undefined
from repodojo.metrics.reasons import why_undefined
from repodojo.types import Trajectory

GROUPS = 4

SIZES: Mapping[str, Callable[[Trajectory], int]] = {
    "turns": lambda each: len(each.turns),
    "characters": lambda each: sum(len(message.content) for message in each.messages),
}


class Sized(NamedTuple):
    """One measured attempt with a size."""

    instance_id: str
    resolved: bool
    score: float | None
    size: int


class Group(NamedTuple):
    """Attempts whose size lies within ``least`` and ``most``."""

    least: int
    most: int
    attempts: int
    resolved: int
    auc: Estimate
    reason: str
    """Why the AUC is undefined; empty where it is not."""


def group_by_size(attempts: Sequence[Sized]) -> list[Group]:
    """Split attempts at the quartiles of their size; attempts of one size stay together."""
    if not attempts:
        return []
    sizes = np.array([each.size for each in attempts])
    cuts = np.unique(np.quantile(sizes, np.linspace(0, 1, GROUPS + 1)[1:-1], method="lower"))
    place = np.searchsorted(cuts, sizes, side="left")
    groups = ([a for a, p in zip(attempts, place, strict=True) if p == g] for g in range(len(cuts) + 1))
    return [_measure(group) for group in groups if group]


def _measure(group: Sequence[Sized]) -> Group:
    sizes, resolved = [each.size for each in group], [each.resolved for each in group]
    reason = why_undefined(resolved)
    ids = [each.instance_id for each in group]
    scores = [each.score for each in group]
    found = undefined(reason, len(set(ids))) if reason else auc_estimate(scores, resolved, ids)
    return Group(min(sizes), max(sizes), len(group), sum(resolved), found, reason)


def size_groups(
    attempts: Mapping[str, Any], trajectories: Mapping[str, Trajectory]
) -> dict[str, list[Group]]:
    """Return the groups by each size; ``attempts`` have instance_id, resolved and score, by rollout_id."""
    return {
        name: group_by_size(
            [
                Sized(each.instance_id, each.resolved, each.score, size(trajectories[key]))
                for key, each in attempts.items()
                if key in trajectories
            ]
        )
        for name, size in SIZES.items()
    }

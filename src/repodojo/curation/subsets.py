"""Subsets for training-time scaling: a random share, or repository after repository (the paper's 4.2).

Sizes are rounded down, as in the paper (25 % of 491 are 122). Smaller subsets of one seed lie inside larger
ones.
"""

import random
from collections.abc import Iterable, Mapping

from repodojo.curation.order import in_order, order_key
from repodojo.types import Trajectory


def random_subset(trajectories: Iterable[Trajectory], fraction: float, seed: int) -> list[Trajectory]:
    """Keep a share of the trajectories, drawn by seed."""
    shuffled = in_order(trajectories)
    random.Random(seed).shuffle(shuffled)
    return in_order(shuffled[: _size(shuffled, fraction)])


def repository_subset(
    trajectories: Iterable[Trajectory], repo_of: Mapping[str, str], fraction: float
) -> list[Trajectory]:
    """Keep the first share of the trajectories by repository name; capitals sort before small letters.

    ``repo_of`` gives each instance_id's repository.
    """
    ranked = sorted(trajectories, key=lambda each: (repo_of[each.instance_id], order_key(each)))
    return in_order(ranked[: _size(ranked, fraction)])


def _size(trajectories: list[Trajectory], fraction: float) -> int:
    # 1e-9: 0.29 * 100 is 28.999999999999996, and means 29.
    return int(len(trajectories) * fraction + 1e-9)

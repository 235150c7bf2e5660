"""Mixes of successes and failures: for training a verifier, and for a control beside the successes."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from repodojo.curation.capping import prefer_short
from repodojo.curation.order import by_instance, in_order
from repodojo.types import Trajectory

Item = TypeVar("Item")


class Mix(NamedTuple, Generic[Item]):
    """Successes and failures, each in the order of the key."""

    positives: list[Item]
    negatives: list[Item]


def balanced_mix(
    positives: Iterable[Item],
    negatives: Iterable[Item],
    *,
    key: Callable[[Item], Any],
    ratio: float = 1.0,
    seed: int = 0,
) -> Mix[Item]:
    """Keep all positives and ``ratio`` times as many negatives, drawn by seed.

    Where there are too few negatives, positives are drawn down to the same ratio. ``key`` orders the items
    and must tell them apart.
    """
    wanted, pool = sorted(positives, key=key), sorted(negatives, key=key)
    generator = random.Random(seed)
    keep = min(len(wanted), int(len(pool) / ratio + 1e-9)) if ratio else len(wanted)
    take = min(len(pool), int(keep * ratio + 1e-9))
    return Mix(sorted(generator.sample(wanted, keep), key=key), sorted(generator.sample(pool, take), key=key))


def match_controls(
    chosen: Sequence[Trajectory], pool: Iterable[Trajectory], *, per_instance: int | None, seed: int
) -> list[Trajectory]:
    """Take from ``pool`` as many trajectories as were chosen, of the same instances as far as it has them.

    An instance gives those with fewer model calls first, as capping does, never more than ``per_instance``.
    What is missing comes from other trajectories of the pool under the same cap, drawn by seed. Fewer come
    back where the pool is too small.
    """
    wanted = {instance_id: len(group) for instance_id, group in by_instance(chosen).items()}
    matched, spare = [], []
    for instance_id, group in by_instance(pool).items():
        ranked = prefer_short(group)[:per_instance]
        count = wanted.get(instance_id, 0)
        matched += ranked[:count]
        spare += ranked[count:]
    random.Random(seed).shuffle(spare)
    return in_order(matched + spare[: len(chosen) - len(matched)])

"""Mixes of successes and failures: for training a verifier, and for a control beside the successes."""

import random
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

import pandas as pd

from repodojo.curation.attempts import in_order, numbered
from repodojo.curation.capping import cap_per_instance

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
    chosen: pd.DataFrame, pool: pd.DataFrame, *, per_instance: int | None, seed: int
) -> pd.DataFrame:
    """Take from ``pool`` as many attempts as were chosen, of the same instances as far as it has them.

    An instance gives those with fewer model calls first, as capping does, never more than ``per_instance``.
    What is missing comes from other attempts of the pool under the same cap, drawn by seed. Fewer come
    back where the pool is too small.
    """
    ranked = cap_per_instance(pool, per_instance)
    wanted = chosen["instance_id"].value_counts().reindex(ranked["instance_id"], fill_value=0)
    matches = numbered(ranked) < wanted.to_numpy()
    spare = ranked.index[~matches].tolist()
    random.Random(seed).shuffle(spare)
    matched = ranked.index[matches].tolist()
    return in_order(ranked.loc[matched + spare[: len(chosen) - len(matched)]])

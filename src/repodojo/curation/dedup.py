"""Deduplication: identical trajectories, and one trajectory per instance (the paper's section 4.2)."""

import random

import numpy as np
import pandas as pd

from repodojo.curation.attempts import in_order


def drop_identical(attempts: pd.DataFrame) -> pd.DataFrame:
    """Keep the first of those with the same instance and the same messages, word for word."""
    ordered = in_order(attempts)
    return ordered[~ordered.duplicated(["instance_id", "messages"])]


def drop_repeated(attempts: pd.DataFrame, dedup: str) -> pd.DataFrame:
    """Apply `drop_identical`, unless ``dedup`` is ``none``."""
    return attempts if dedup == "none" else drop_identical(attempts)


def one_per_instance(attempts: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Keep one trajectory of each instance, drawn by seed; no instance's draw depends on the others."""
    ordered = in_order(attempts)
    codes, names = pd.factorize(ordered["instance_id"])
    counts = np.bincount(codes)
    drawn = [
        random.Random(f"{seed}:{name}").choice(range(count))
        for name, count in zip(names, counts.tolist(), strict=True)
    ]
    starts = np.cumsum(counts) - counts
    places: list[int] = (starts + np.array(drawn, dtype=int)).tolist()
    return ordered.iloc[places]

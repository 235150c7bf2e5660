"""Subsets for training-time scaling: a random share, or repository after repository (the paper's 4.2).

Sizes are rounded down, as in the paper (25 % of 491 are 122). Smaller subsets of one seed lie inside larger
ones.
"""

import random

import numpy as np
import pandas as pd

from repodojo.curation.attempts import in_order


def random_subset(attempts: pd.DataFrame, fraction: float, seed: int) -> pd.DataFrame:
    """Keep a share of the trajectories, drawn by seed."""
    ordered = in_order(attempts)
    places = list(range(len(ordered)))
    random.Random(seed).shuffle(places)
    return in_order(ordered.iloc[places[: _size(ordered, fraction)]])


def repository_subset(attempts: pd.DataFrame, fraction: float) -> pd.DataFrame:
    """Keep the first share of the trajectories by repository name; capitals sort before small letters."""
    ordered = in_order(attempts)
    codes, names = pd.factorize(ordered["repo"])
    place_of = {name: place for place, name in enumerate(sorted(names))}
    places = np.array([place_of[name] for name in names], dtype=int)[codes]
    return in_order(ordered.iloc[np.argsort(places, kind="stable")[: _size(ordered, fraction)]])


def _size(attempts: pd.DataFrame, fraction: float) -> int:
    # 1e-9: 0.29 * 100 is 28.999999999999996, and means 29.
    return int(len(attempts) * fraction + 1e-9)

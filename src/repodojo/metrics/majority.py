"""Majority vote: take the patch that was submitted most often. A baseline without a verifier."""

from collections.abc import Sequence

import numpy as np

from repodojo.metrics.bootstrap import Estimate, mean_estimate
from repodojo.metrics.matrices import Floats


def majority_of(outcomes: Sequence[float], patches: Sequence[str]) -> float:
    """Return the expected outcome of one instance's commonest non-empty patch, ties broken by chance.

    Outcomes are of the same attempts, without NaN; 0.0 where every patch is empty.
    """
    votes: dict[str, list[float]] = {}
    for outcome, patch in zip(outcomes, patches, strict=True):
        if patch:
            votes.setdefault(patch, []).append(outcome)
    most = max((len(each) for each in votes.values()), default=0)
    tied = [sum(each) / len(each) for each in votes.values() if len(each) == most]
    return sum(tied) / len(tied) if tied else 0.0


def majority_vote(outcomes: Floats, patches: Sequence[Sequence[str]], *, seed: int = 0) -> Estimate:
    """Return the resolve rate of the majority vote over all attempts; NaN counts as unresolved."""
    known = np.nan_to_num(outcomes, nan=0.0)
    picked = [majority_of(list(row), names) for row, names in zip(known, patches, strict=True)]
    return mean_estimate(picked, seed=seed)

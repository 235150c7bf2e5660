"""Which trajectories succeeded. One that was not measured is neither a success nor a failure."""

from typing import NamedTuple

import pandas as pd


class ByOutcome(NamedTuple):
    """Attempts by what grading found."""

    resolved: pd.DataFrame
    unresolved: pd.DataFrame
    not_measured: pd.DataFrame
    """Infrastructure failures, and trajectories without a verdict."""


def split_by_outcome(attempts: pd.DataFrame) -> ByOutcome:
    """Split attempts by their outcome."""
    outcome = attempts["outcome"]
    return ByOutcome(*(attempts[outcome == name] for name in ByOutcome._fields))

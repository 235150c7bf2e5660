"""Which trajectories succeeded. One that was not measured is neither a success nor a failure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from repodojo.curation.order import in_order
from repodojo.types import Outcome, Trajectory, Verdict


class ByOutcome(NamedTuple):
    """Trajectories by what grading found, each list in order."""

    resolved: list[Trajectory]
    unresolved: list[Trajectory]
    not_measured: list[Trajectory]
    """Infrastructure failures, and trajectories without a verdict."""


def split_by_outcome(trajectories: Iterable[Trajectory], verdicts: Mapping[str, Verdict]) -> ByOutcome:
    """Split trajectories by their verdict, found by rollout_id."""
    parts: dict[Outcome, list[Trajectory]] = {"resolved": [], "unresolved": [], "not_measured": []}
    for each in in_order(trajectories):
        verdict = verdicts.get(each.rollout_id)
        parts[verdict.outcome if verdict else "not_measured"].append(each)
    return ByOutcome(parts["resolved"], parts["unresolved"], parts["not_measured"])

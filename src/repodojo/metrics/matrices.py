"""Attempts as matrices: a row for each instance, a column for each attempt.

Outcomes are 1 (resolved), 0 (unresolved) and NaN (not measured); scores are NaN where missing. Every cell
was asked: an attempt without a trajectory or a verdict is not measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from repodojo.errors import InputError
from repodojo.types import Outcome, Trajectory

Floats = NDArray[np.float64]

_OUTCOME = {"resolved": 1.0, "unresolved": 0.0, "not_measured": np.nan}


class Attempt(Protocol):
    """What is placed by instance and attempt: a trajectory, or a record of one."""

    @property
    def rollout_id(self) -> str:
        """Its key."""

    @property
    def instance_id(self) -> str:
        """Its row."""

    @property
    def attempt(self) -> int:
        """Its column."""


class Graded(Protocol):
    """What has an outcome: a verdict, or a record that holds one."""

    @property
    def outcome(self) -> Outcome:
        """What grading found."""


class AttemptMatrices(NamedTuple):
    """Outcomes and scores of the same attempts, (instances, attempts)."""

    instance_ids: tuple[str, ...]
    outcomes: Floats
    scores: Floats

    @property
    def known(self) -> Floats:
        """Return the outcomes, what was not measured as unresolved."""
        return measured_or(self.outcomes, 0.0)

    @property
    def known_scores(self) -> Floats:
        """Return the scores of what was measured."""
        return np.where(np.isnan(self.outcomes), np.nan, self.scores)

    def rows(self, instance_ids: Iterable[str]) -> "AttemptMatrices":
        """Return the part that holds only these instances."""
        kept = set(instance_ids)
        index = [row for row, name in enumerate(self.instance_ids) if name in kept]
        names = tuple(self.instance_ids[row] for row in index)
        return AttemptMatrices(names, self.outcomes[index], self.scores[index])


def attempt_matrices(
    instance_ids: Sequence[str],
    trajectories: Iterable[Attempt],
    verdicts: Mapping[str, Graded],
    scores: Mapping[str, float | None] | None = None,
) -> AttemptMatrices:
    """Arrange verdicts and scores (by rollout_id) by instance and attempt, in the order of ``instance_ids``.

    Raises:
        InputError: two trajectories claim the same attempt, or one is of an unlisted instance.
    """
    listed = list(trajectories)
    row_of = {name: row for row, name in enumerate(instance_ids)}
    shape = (len(row_of), 1 + max((each.attempt for each in listed), default=-1))
    outcomes, given = np.full(shape, np.nan), np.full(shape, np.nan)
    taken: dict[tuple[str, int], str] = {}
    for each in listed:
        cell = (each.instance_id, each.attempt)
        if each.instance_id not in row_of:
            raise InputError(f"{each.rollout_id}: instance_id is not among the {len(row_of)} instances asked")
        if cell in taken:
            raise InputError(f"{each.rollout_id}: attempt {each.attempt} is also claimed by {taken[cell]}")
        taken[cell] = each.rollout_id
        place = (row_of[each.instance_id], each.attempt)
        if each.rollout_id in verdicts:
            outcomes[place] = _OUTCOME[verdicts[each.rollout_id].outcome]
        score = (scores or {}).get(each.rollout_id)
        given[place] = np.nan if score is None else score
    return AttemptMatrices(tuple(row_of), outcomes, given)


def patch_rows(attempts: AttemptMatrices, trajectories: Iterable[Trajectory]) -> dict[str, list[str]]:
    """Return each instance's patches by attempt; an attempt without a trajectory has an empty one."""
    rows = {name: [""] * attempts.outcomes.shape[1] for name in attempts.instance_ids}
    for each in trajectories:
        rows[each.instance_id][each.attempt] = each.model_patch
    return rows


def measured_or(outcomes: Floats, value: float) -> Floats:
    """Return the outcomes with ``value`` in place of those not measured."""
    return np.where(np.isnan(outcomes), value, outcomes)

"""Verifier rows: balanced successes and failures, each with the answer that it teaches."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from repodojo.curation.mixes import balanced_mix
from repodojo.types import Trajectory, Verdict, to_json
from repodojo.verifier.forms import Form


class Attempt(NamedTuple):
    """A trajectory with its verdict."""

    trajectory: Trajectory
    verdict: Verdict


def join_attempts(trajectories: Mapping[str, Trajectory], verdicts: Mapping[str, Verdict]) -> list[Attempt]:
    """Pair trajectories with verdicts by rollout id; not-measured attempts are left out."""
    pairs = (Attempt(t, verdicts[key]) for key, t in sorted(trajectories.items()) if key in verdicts)
    return [pair for pair in pairs if pair.verdict.outcome != "not_measured"]


def balance(attempts: Sequence[Attempt], negatives_per_positive: float, seed: int) -> list[Attempt]:
    """Keep every success and ``negatives_per_positive`` times as many failures, drawn by seed.

    Where failures are too few, successes are drawn down to keep the proportion.
    """
    mix = balanced_mix(
        [a for a in attempts if a.verdict.resolved],
        [a for a in attempts if not a.verdict.resolved],
        key=lambda a: (a.trajectory.rollout_id, a.trajectory.policy),
        ratio=negatives_per_positive,
        seed=seed,
    )
    chosen = mix.positives + mix.negatives
    random.Random(seed).shuffle(chosen)
    return chosen


def build_rows(attempts: Sequence[Attempt], form: Form, max_characters: int) -> list[dict[str, Any]]:
    """Render attempts as chat rows for supervised training."""
    return [
        {
            "messages": [
                to_json(message)
                for message in (
                    *form.ask(attempt.trajectory, max_characters),
                    form.answer(attempt.verdict.resolved),
                )
            ]
        }
        for attempt in attempts
    ]

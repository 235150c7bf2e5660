"""Verifier scores: the probability of YES from one prefill."""

import math
from collections.abc import Mapping, Sequence

from repodojo.policies.policy import Scorer
from repodojo.types import Trajectory
from repodojo.verifier.prompt import ANSWER_PREFIX, NO, YES, render_conversation


def probability_of_yes(log_probabilities: Mapping[str, float]) -> float:
    """Return exp(yes) / (exp(yes) + exp(no)) (SWE-Gym section 4.1.1)."""
    return 1.0 / (1.0 + math.exp(min(700.0, log_probabilities[NO] - log_probabilities[YES])))


def score_trajectories(
    trajectories: Sequence[Trajectory], scorer: Scorer, max_characters: int
) -> dict[str, float | None]:
    """Score trajectories by rollout id; None where the conversation does not fit the verifier's context."""
    conversations = [render_conversation(t, max_characters) for t in trajectories]
    answers = scorer.next_token_log_probabilities(conversations, ANSWER_PREFIX, (YES, NO))
    return {
        trajectory.rollout_id: None if found is None else probability_of_yes(found)
        for trajectory, found in zip(trajectories, answers, strict=True)
    }


def group_by_instance(trajectories: Mapping[str, Trajectory]) -> dict[str, list[Trajectory]]:
    """Group trajectories by instance, both in the order of their ids."""
    groups: dict[str, list[Trajectory]] = {}
    for trajectory in sorted(trajectories.values(), key=lambda t: (t.instance_id, t.attempt)):
        groups.setdefault(trajectory.instance_id, []).append(trajectory)
    return groups

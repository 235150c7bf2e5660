"""Verifier scores: the probability of YES from one prefill."""

import math
from collections.abc import Mapping, Sequence

from repodojo.metrics.verifier_quality import finite
from repodojo.policies.policy import Scorer
from repodojo.types import Trajectory
from repodojo.verifier.forms import chosen_form
from repodojo.verifier.settings import VerifierSettings


def probability_of_yes(log_probabilities: Mapping[str, float], yes: str, no: str) -> float:
    """Return exp(yes) / (exp(yes) + exp(no)) (SWE-Gym section 4.1.1)."""
    difference = log_probabilities[no] - log_probabilities[yes]
    return difference if math.isnan(difference) else 1.0 / (1.0 + math.exp(min(700.0, difference)))


def score_trajectories(
    trajectories: Sequence[Trajectory], scorer: Scorer, settings: VerifierSettings
) -> dict[str, float | None]:
    """Score trajectories by rollout id.

    None, which ranks last everywhere, where the conversation does not fit the verifier's context, or the
    engine gives no number.
    """
    form = chosen_form(settings)
    choices = form.choices(settings.leading_space)
    conversations = [form.ask(t, settings.max_characters) for t in trajectories]
    answers = scorer.next_token_log_probabilities(conversations, form.prefix, choices)
    return {
        trajectory.rollout_id: None if found is None else finite(probability_of_yes(found, *choices))
        for trajectory, found in zip(trajectories, answers, strict=True)
    }


def group_by_instance(trajectories: Mapping[str, Trajectory]) -> dict[str, list[Trajectory]]:
    """Group trajectories by instance, both in the order of their ids."""
    groups: dict[str, list[Trajectory]] = {}
    for trajectory in sorted(trajectories.values(), key=lambda t: (t.instance_id, t.attempt)):
        groups.setdefault(trajectory.instance_id, []).append(trajectory)
    return groups

"""Nodes of the pipeline `verifier`."""

from functools import partial
from pathlib import Path
from typing import Any

from repodojo.datasets.handles import Engines
from repodojo.datasets.plan import Plan, digest
from repodojo.metrics.verifier_quality import verifier_quality
from repodojo.training.plan import TrainingPlan
from repodojo.types import Instance, Trajectory, Verdict, to_json
from repodojo.verifier.prompt import prompts_digest
from repodojo.verifier.rows import balance, build_rows, join_attempts
from repodojo.verifier.score import group_by_instance, score_trajectories
from repodojo.verifier.settings import VerifierSettings


def build_verifier_rows(
    off_policy: dict[str, Trajectory],
    off_policy_verdicts: dict[str, Verdict],
    on_policy: dict[str, Trajectory],
    on_policy_verdicts: dict[str, Verdict],
    verifier: VerifierSettings,
) -> list[dict[str, Any]]:
    """Mix balanced successes and failures of the teacher and of the policy itself."""
    sources = ((off_policy, off_policy_verdicts), (on_policy, on_policy_verdicts))
    mixed = [
        attempt
        for trajectories, verdicts in sources
        for attempt in balance(
            join_attempts(trajectories, verdicts), verifier.negatives_per_positive, verifier.training.seed
        )
    ]
    return build_rows(mixed, verifier.max_characters)


def plan_training(
    rows: list[dict[str, Any]], base_checkpoint: Path, verifier: VerifierSettings
) -> TrainingPlan:
    """Plan the training of the verifier."""
    return TrainingPlan("verifier", base_checkpoint, tuple(rows), verifier.training)


def plan_scores(
    trajectories: dict[str, Trajectory], checkpoint: Path, engines: Engines, verifier: VerifierSettings
) -> Plan:
    """Plan the scoring of the evaluated attempts, an instance at a time."""
    scorer = engines.scorer(checkpoint, "verifier")
    return Plan(
        thunks={
            instance_id: partial(score_trajectories, attempts, scorer, verifier.max_characters)
            for instance_id, attempts in group_by_instance(trajectories).items()
        },
        fingerprint={
            "scorer": scorer.fingerprint,
            "prompts": prompts_digest(),
            "max_characters": verifier.max_characters,
            "trajectories": digest({key: to_json(t) for key, t in trajectories.items()}),
        },
    )


def merge_scores(scores: dict[str, dict[str, float | None]]) -> dict[str, float | None]:
    """Merge the scores of all instances by rollout id."""
    return {rollout_id: score for group in scores.values() for rollout_id, score in group.items()}


def evaluate_verifier(
    scores: dict[str, float | None], verdicts: dict[str, Verdict], instances: list[Instance]
) -> dict[str, Any]:
    """Measure how well the scores tell successes from failures on the held-out instances."""
    return verifier_quality(scores, verdicts, instances)

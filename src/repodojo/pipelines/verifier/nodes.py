"""Nodes of the pipeline `verifier`."""

from functools import partial
from pathlib import Path
from typing import Any

from repodojo.datasets.handles import Engines
from repodojo.datasets.plan import Plan, digest
from repodojo.metrics.verifier_quality import verifier_quality
from repodojo.training.plan import TrainingPlan
from repodojo.types import Instance, Trajectory, Verdict, from_json, to_json
from repodojo.verifier.answers import check_answers
from repodojo.verifier.comparison import compare_verifier
from repodojo.verifier.features import AttemptFeatures, attempt_features
from repodojo.verifier.fits import Fits, fit_all, score_baselines, score_fitted
from repodojo.verifier.forms import chosen_form
from repodojo.verifier.mix import held_back, mix_attempts, refuse_one_outcome
from repodojo.verifier.rows import build_rows, join_attempts
from repodojo.verifier.score import group_by_instance, score_trajectories
from repodojo.verifier.settings import VerifierSettings

Scores = dict[str, dict[str, float | None]]


def build_verifier_rows(
    off_policy: dict[str, Trajectory],
    off_policy_verdicts: dict[str, Verdict],
    on_policy: dict[str, Trajectory],
    on_policy_verdicts: dict[str, Verdict],
    instances: list[Instance],
    verifier: VerifierSettings,
) -> list[dict[str, Any]]:
    """Mix successes and failures of the teacher and of the policy itself."""
    subsets = {
        "off_policy": join_attempts(off_policy, off_policy_verdicts),
        "on_policy": join_attempts(on_policy, on_policy_verdicts),
    }
    mixed = mix_attempts(subsets, instances, verifier)
    refuse_one_outcome(mixed, subsets)
    return build_rows(mixed, chosen_form(verifier), verifier.max_characters)


def plan_training(
    rows: list[dict[str, Any]], base_checkpoint: Path, verifier: VerifierSettings
) -> TrainingPlan:
    """Plan the training of the verifier, after checking that the checkpoint can answer as one."""
    check_answers(base_checkpoint, verifier)
    return TrainingPlan("verifier", base_checkpoint, tuple(rows), verifier.training)


def plan_scores(
    trajectories: dict[str, Trajectory], checkpoint: Path, engines: Engines, verifier: VerifierSettings
) -> Plan:
    """Plan the scoring of a policy's attempts, an instance at a time."""
    scorer = engines.scorer(checkpoint, "verifier")
    return Plan(
        thunks={
            instance_id: partial(score_trajectories, attempts, scorer, verifier)
            for instance_id, attempts in group_by_instance(trajectories).items()
        },
        fingerprint={
            "scorer": scorer.fingerprint,
            "prompts": chosen_form(verifier).digest(),
            "max_characters": verifier.max_characters,
            "trajectories": digest({key: to_json(t) for key, t in trajectories.items()}),
        }
        | verifier.model_dump(mode="json", include={"form", "leading_space"}),
    )


def merge_scores(scores: Scores) -> dict[str, float | None]:
    """Merge the scores of all instances by rollout id."""
    return {rollout_id: score for group in scores.values() for rollout_id, score in group.items()}


def describe_attempts(
    trajectories: dict[str, Trajectory],
    verdicts: dict[str, Verdict],
    scores: Scores,
    instances: list[Instance],
) -> list[AttemptFeatures]:
    """Describe the attempts of a policy."""
    by_id = {instance.instance_id: instance for instance in instances}
    return attempt_features(trajectories, verdicts, merge_scores(scores), by_id)


def fit_on_training_attempts(
    off_policy: list[AttemptFeatures],
    on_policy: list[AttemptFeatures],
    instances: list[Instance],
    verifier: VerifierSettings,
) -> dict[str, Any]:
    """Fit temperature, hybrid and linear baseline on attempts at the training instances."""
    hidden = held_back(instances, verifier.calibration_share, verifier.training.seed)
    return to_json(fit_all([*off_policy, *on_policy], hidden))


def score_alternatives(attempts: list[AttemptFeatures], fits: dict[str, Any]) -> Scores:
    """Score the evaluated attempts by baselines, calibrated verifier and hybrid."""
    fitted = from_json(Fits, fits)
    return score_baselines(attempts, fitted) | score_fitted(attempts, fitted)


def evaluate_verifier(
    scores: dict[str, float | None],
    verdicts: dict[str, Verdict],
    instances: list[Instance],
    trajectories: dict[str, Trajectory],
) -> dict[str, Any]:
    """Measure how well the scores tell successes from failures on the held-out instances."""
    return verifier_quality(scores, verdicts, instances, trajectories)


def compare_with_baselines(
    attempts: list[AttemptFeatures], alternatives: Scores, fits: dict[str, Any]
) -> dict[str, Any]:
    """Compare the verifier with its baselines, and show what calibration and the hybrid change."""
    return compare_verifier(attempts, alternatives, from_json(Fits, fits))

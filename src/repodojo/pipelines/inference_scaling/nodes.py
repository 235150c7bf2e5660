"""Nodes of the pipeline `inference_scaling`."""

from typing import Any

from repodojo.metrics.costs import attempt_costs
from repodojo.metrics.instance_results import instance_results
from repodojo.metrics.matrices import attempt_matrices
from repodojo.metrics.scaling import scale_attempts
from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.stopping_rule import StoppingRule, fit_stopping_rule, measure_stopping_rule
from repodojo.types import Instance, Trajectory, Verdict, from_json, to_json
from repodojo.verifier.comparison import own_matrices
from repodojo.verifier.features import AttemptFeatures
from repodojo.verifier.fits import Fits


def compute_scaling_curves(
    instances: list[Instance],
    trajectories: dict[str, Trajectory],
    verdicts: dict[str, Verdict],
    scores: dict[str, float | None],
    inference_scaling: ScalingSettings,
) -> dict[str, Any]:
    """Compute pass@k, best@k and random@k of the held-out attempts, overall and for each project."""
    held_out = [instance for instance in instances if instance.split == "held_out"]
    return scale_attempts(held_out, trajectories.values(), verdicts, scores, inference_scaling)


def list_instance_results(
    attempts: list[AttemptFeatures],
    control: dict[str, Trajectory],
    control_verdicts: dict[str, Verdict],
    inference_scaling: ScalingSettings,
) -> list[dict[str, Any]]:
    """List what the attempts resolve of each held-out instance, beside the control's."""
    ours = own_matrices(attempts)
    made = [t for t in control.values() if t.instance_id in set(ours.instance_ids)]
    theirs = attempt_matrices(ours.instance_ids, made, control_verdicts)
    return instance_results(ours, theirs, inference_scaling.max_k)


def measure_costs(trajectories: dict[str, Trajectory], inference_scaling: ScalingSettings) -> dict[str, Any]:
    """Measure what k attempts cost in tokens, seconds and money."""
    return attempt_costs(trajectories.values(), inference_scaling)


def choose_stopping_rule(
    off_policy: list[AttemptFeatures],
    on_policy: list[AttemptFeatures],
    fits: dict[str, Any],
    inference_scaling: ScalingSettings,
) -> dict[str, Any]:
    """Fit when to stop attempting, on the training repositories that the verifier's fits rest on."""
    repos = from_json(Fits, fits).repos
    training = [own_matrices([a for a in made if a.repo in repos]) for made in (off_policy, on_policy)]
    return to_json(fit_stopping_rule(training, inference_scaling))


def measure_adaptive_attempts(
    attempts: list[AttemptFeatures], stopping_rule: dict[str, Any], inference_scaling: ScalingSettings
) -> dict[str, Any]:
    """Measure what stopping early resolves and saves on the held-out instances."""
    rule = from_json(StoppingRule, stopping_rule)
    return measure_stopping_rule(own_matrices(attempts), rule, seed=inference_scaling.seed)

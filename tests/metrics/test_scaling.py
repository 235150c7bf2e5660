"""All curves and comparisons of one set of attempts."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.plain import plain
from repodojo.metrics.resolve_rate import ResolveRate
from repodojo.metrics.scaling import measure_scaling, scale_attempts
from repodojo.metrics.settings import ScalingSettings
from repodojo.types import Instance, Trajectory, Verdict


def attempts_of(outcomes: np.ndarray, scores: np.ndarray) -> AttemptMatrices:
    return AttemptMatrices(tuple(f"i{row}" for row in range(len(outcomes))), outcomes, scores)


def patches_of(attempts: AttemptMatrices) -> dict[str, list[str]]:
    return {
        name: [f"patch {value}" for value in row]
        for name, row in zip(attempts.instance_ids, attempts.outcomes, strict=True)
    }


@pytest.fixture(scope="module")
def attempts() -> AttemptMatrices:
    """60 instances of two projects, 8 attempts each, with scores that know most."""
    rng = np.random.default_rng(0)
    hard = rng.random(60)
    outcomes = (rng.random((60, 8)) < 0.6 * hard[:, None]).astype(float)
    outcomes[0, 3] = np.nan
    scores = outcomes + rng.normal(0, 0.4, outcomes.shape)
    scores[1, 1] = np.nan
    return attempts_of(outcomes, scores)


def test_curves_baselines_and_gains_agree_with_one_another(attempts: AttemptMatrices) -> None:
    found = measure_scaling(attempts, patches_of(attempts), ScalingSettings())
    assert (found["instances"], found["attempts"], found["not_measured"]) == (60, 8, 1)
    assert found["missing_scores"] == 2
    best, chance = found["best_at_k"]["8"]["value"], found["random_at_k"]["8"]["value"]
    oracle, greedy = found["pass_at_k"]["8"]["value"], found["greedy"]["value"]
    assert greedy == pytest.approx(np.nan_to_num(attempts.outcomes)[:, 0].mean())
    assert found["best_minus_greedy"]["value"] == pytest.approx(best - greedy)
    assert found["best_minus_random"]["value"] == pytest.approx(best - chance)
    assert found["best_minus_random"]["low"] > 0
    assert found["gap_closed"]["value"] == pytest.approx((best - chance) / (oracle - chance))
    assert found["auc"]["value"] > 0.8
    assert found["auc"]["n"] == 60
    assert found["pass_at_k"]["1"]["value"] == pytest.approx(chance)
    assert found["best_fit"]["n"] == 7
    assert len(found["paper_smoothed"]) == 8


def test_projects_are_measured_alone_and_add_up(
    attempts: AttemptMatrices, trajectory: Callable[..., Trajectory], instance: Callable[..., Instance]
) -> None:
    instances = [
        instance(name, "o/b" if row % 3 else "o/a") for row, name in enumerate(attempts.instance_ids)
    ]
    rollouts, verdicts, scores = [], {}, {}
    for row, name in enumerate(attempts.instance_ids):
        for attempt in range(8):
            made = trajectory(name, attempt)
            rollouts.append(made)
            outcome = {0.0: "unresolved", 1.0: "resolved"}.get(
                attempts.outcomes[row, attempt], "not_measured"
            )
            verdicts[made.rollout_id] = Verdict(made.rollout_id, name, outcome, "tests")
            score = attempts.scores[row, attempt]
            scores[made.rollout_id] = None if np.isnan(score) else float(score)
    found = scale_attempts(instances, rollouts, verdicts, scores, ScalingSettings(max_k=3))
    assert found["overall"]["not_measured"] == 1
    assert list(found["projects"]) == ["o/a", "o/b"]
    parts = [(p["instances"], p["best_at_k"]["3"]["value"]) for p in found["projects"].values()]
    assert [count for count, _ in parts] == [20, 40]
    together = sum(count * value for count, value in parts) / 60
    assert together == pytest.approx(found["overall"]["best_at_k"]["3"]["value"])


def test_fewer_attempts_than_asked_for_are_undefined_not_zero(attempts: AttemptMatrices) -> None:
    few = AttemptMatrices(attempts.instance_ids, attempts.outcomes[:, :2], attempts.scores[:, :2])
    found = measure_scaling(few, patches_of(few), ScalingSettings(max_k=3))
    assert found["pass_at_k"]["2"]["value"] is not None
    for name in ("pass_at_k", "best_at_k", "random_at_k"):
        assert found[name]["3"]["value"] is None
    assert found["best_minus_greedy"]["value"] is found["gap_closed"]["value"] is None


def test_no_attempts_at_all_are_undefined() -> None:
    nothing = attempts_of(np.empty((4, 0)), np.empty((4, 0)))
    found = measure_scaling(nothing, patches_of(nothing), ScalingSettings(max_k=2))
    assert found["instances"] == 4
    assert found["greedy"]["value"] is found["pass_at_k"]["1"]["value"] is None
    assert found["auc"]["value"] is None


def test_results_are_strict_json(attempts: AttemptMatrices) -> None:
    found = measure_scaling(attempts, patches_of(attempts), ScalingSettings(max_k=9))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    rate = ResolveRate(float("nan"), 0.0, float("inf"), 3, 0, 0, 0.0, 0.0)
    assert plain([rate, {"a": (1, "x")}])[0]["value"] is None
    assert plain([rate, {1: (1, "x")}])[1] == {"1": [1, "x"]}

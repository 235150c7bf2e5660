"""Wiring of the pipeline `verifier`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.attempts import served_attempts_pipeline
from repodojo.pipelines.verifier.nodes import (
    build_verifier_rows,
    compare_with_baselines,
    describe_attempts,
    evaluate_verifier,
    fit_on_training_attempts,
    merge_scores,
    plan_scores,
    plan_training,
    score_alternatives,
)

SCORED = ("teacher", "on_policy", "fine_tuned")
"""The policies whose attempts are scored: the first two to fit on, the last to evaluate."""


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    on_policy = served_attempts_pipeline("on_policy", "train", "policy_checkpoint", "on_policy")
    return on_policy + training_pipeline() + scoring_pipeline() + comparison_pipeline()


def training_pipeline() -> Pipeline:
    """Wire the verifier's rows and its training."""
    attempts = [
        f"{policy}.{kind}" for policy in ("teacher", "on_policy") for kind in ("trajectories", "verdicts")
    ]
    return Pipeline(
        [
            Node(
                func=build_verifier_rows,
                inputs=[*attempts, "instances", "params:verifier"],
                outputs="verifier_rows",
                name="build_verifier_rows",
            ),
            Node(
                func=plan_training,
                inputs=["verifier_rows", "base_checkpoint", "params:verifier"],
                outputs="verifier_checkpoint",
                name="train_verifier",
            ),
        ]
    )


def scoring_pipeline() -> Pipeline:
    """Wire the scores and features of every policy's attempts."""
    scores = {policy: f"{policy}.scores" for policy in SCORED} | {"fine_tuned": "instance_scores"}
    return Pipeline(
        [
            node
            for policy in SCORED
            for node in (
                Node(
                    func=plan_scores,
                    inputs=[f"{policy}.trajectories", "verifier_checkpoint", "engines", "params:verifier"],
                    outputs=scores[policy],
                    name="score_trajectories" if policy == "fine_tuned" else f"score_{policy}_attempts",
                ),
                Node(
                    func=describe_attempts,
                    inputs=[f"{policy}.trajectories", f"{policy}.verdicts", scores[policy], "instances"],
                    outputs=f"{policy}.features",
                    name=f"describe_{policy}_attempts",
                ),
            )
        ]
    )


def comparison_pipeline() -> Pipeline:
    """Wire the quality of the verifier's scores, and the comparison with its baselines."""
    return Pipeline(
        [
            Node(func=merge_scores, inputs="instance_scores", outputs="verifier_scores", name="merge_scores"),
            Node(
                func=fit_on_training_attempts,
                inputs=["teacher.features", "on_policy.features", "instances", "params:verifier"],
                outputs="verifier_fits",
                name="fit_on_training_attempts",
            ),
            Node(
                func=score_alternatives,
                inputs=["fine_tuned.features", "verifier_fits"],
                outputs="alternative_scores",
                name="score_alternatives",
            ),
            Node(
                func=evaluate_verifier,
                inputs=["verifier_scores", "fine_tuned.verdicts", "instances", "fine_tuned.trajectories"],
                outputs="verifier_quality",
                name="evaluate_verifier",
            ),
            Node(
                func=compare_with_baselines,
                inputs=["fine_tuned.features", "alternative_scores", "verifier_fits"],
                outputs="verifier_comparison",
                name="compare_with_baselines",
            ),
        ]
    )

"""Wiring of the pipeline `verifier`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.attempts import served_attempts_pipeline
from repodojo.pipelines.verifier.nodes import (
    build_verifier_rows,
    evaluate_verifier,
    merge_scores,
    plan_scores,
    plan_training,
)


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    on_policy = served_attempts_pipeline("on_policy", "train", "policy_checkpoint", "on_policy")
    return on_policy + Pipeline(
        [
            Node(
                func=build_verifier_rows,
                inputs=[
                    "teacher.trajectories",
                    "teacher.verdicts",
                    "on_policy.trajectories",
                    "on_policy.verdicts",
                    "params:verifier",
                ],
                outputs="verifier_rows",
                name="build_verifier_rows",
            ),
            Node(
                func=plan_training,
                inputs=["verifier_rows", "base_checkpoint", "params:verifier"],
                outputs="verifier_checkpoint",
                name="train_verifier",
            ),
            Node(
                func=plan_scores,
                inputs=["fine_tuned.trajectories", "verifier_checkpoint", "engines", "params:verifier"],
                outputs="instance_scores",
                name="score_trajectories",
            ),
            Node(func=merge_scores, inputs="instance_scores", outputs="verifier_scores", name="merge_scores"),
            Node(
                func=evaluate_verifier,
                inputs=["verifier_scores", "fine_tuned.verdicts", "instances"],
                outputs="verifier_quality",
                name="evaluate_verifier",
            ),
        ]
    )

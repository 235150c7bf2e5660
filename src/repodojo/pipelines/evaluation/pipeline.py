"""Wiring of the pipeline `evaluation`: one namespace for each policy."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.attempts import served_attempts_pipeline
from repodojo.pipelines.evaluation.nodes import compare_policies, evaluate_attempts

POLICIES = (
    ("zero_shot", "base_checkpoint", "baselines"),
    ("control", "control_checkpoint", "baselines"),
    ("fine_tuned", "policy_checkpoint", "evaluation"),
)
"""Name, checkpoint and rollout settings of every policy that is evaluated."""


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    attempts = [
        served_attempts_pipeline(name, "held_out", checkpoint, settings)
        for name, checkpoint, settings in POLICIES
    ]
    metrics = [
        Node(
            func=evaluate_attempts,
            inputs=["instances", f"{name}.trajectories", f"{name}.verdicts"],
            outputs=f"{name}.metrics",
            name=f"{name}.evaluate_attempts",
        )
        for name, _, _ in POLICIES
    ]
    differences = [
        Node(
            func=compare_policies,
            inputs=[
                "instances",
                "fine_tuned.trajectories",
                "fine_tuned.verdicts",
                f"{name}.trajectories",
                f"{name}.verdicts",
            ],
            outputs=f"fine_tuned_minus_{name}",
            name=f"compare_fine_tuned_with_{name}",
        )
        for name in ("zero_shot", "control")
    ]
    return sum(attempts, Pipeline([*metrics, *differences]))

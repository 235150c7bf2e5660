"""Wiring of the pipeline `publish`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.publish.nodes import build_release, plan_uploads
from repodojo.publishing.repositories import EVALUATED_POLICIES, TRAINING_POLICIES

RELEASED = (
    *("instances", "sft_rows", "verifier_rows", "policy_checkpoint", "verifier_checkpoint", "summary"),
    *(
        f"{policy}.{what}"
        for policy in (*TRAINING_POLICIES, *EVALUATED_POLICIES)
        for what in ("trajectories", "verdicts")
    ),
)
"""The datasets that a release is made of."""


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            Node(
                func=build_release,
                inputs={name.replace(".", "_"): name for name in (*RELEASED, "provenance", "licence")}
                | {key: f"params:{key}" for key in ("env_build", "publish")},
                outputs="release",
                name="build_release",
            ),
            Node(
                func=plan_uploads,
                inputs=["release", "params:publish"],
                outputs="uploads",
                name="upload_release",
            ),
        ]
    )

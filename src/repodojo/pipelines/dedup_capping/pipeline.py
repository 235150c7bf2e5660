"""Wiring of the pipeline `dedup_capping`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.dedup_capping.nodes import choose_trajectories


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            Node(
                func=choose_trajectories,
                inputs=["teacher.trajectories", "teacher.verdicts", "instances", "params:dedup_capping"],
                outputs=["sft_trajectories", "control_trajectories", "curation_report", "curation_notes"],
                name="choose_trajectories",
            )
        ]
    )

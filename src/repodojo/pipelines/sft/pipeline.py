"""Wiring of the pipeline `sft`: the same two nodes for the policy and for its control."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.sft.nodes import build_sft_rows, plan_training

RUNS = (
    ("sft_trajectories", "sft_rows", "policy_checkpoint"),
    ("control_trajectories", "control_rows", "control_checkpoint"),
)


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            node
            for trajectories, rows, checkpoint in RUNS
            for node in (
                Node(
                    func=build_sft_rows,
                    inputs=[trajectories, "params:sft"],
                    outputs=rows,
                    name=f"build_{rows}",
                ),
                Node(
                    func=plan_training,
                    inputs=[rows, "base_checkpoint", "params:sft", trajectories],
                    outputs=checkpoint,
                    name=f"train_{checkpoint}",
                ),
            )
        ]
    )

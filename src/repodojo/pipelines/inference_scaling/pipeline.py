"""Wiring of the pipeline `inference_scaling`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.inference_scaling.nodes import compute_scaling_curves


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            Node(
                func=compute_scaling_curves,
                inputs=[
                    "instances",
                    "fine_tuned.trajectories",
                    "fine_tuned.verdicts",
                    "verifier_scores",
                    "params:inference_scaling",
                ],
                outputs="scaling_curves",
                name="compute_scaling_curves",
            )
        ]
    )

"""Wiring of the pipeline `inference_scaling`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.inference_scaling.nodes import (
    choose_stopping_rule,
    compute_scaling_curves,
    list_instance_results,
    measure_adaptive_attempts,
    measure_costs,
)


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
            ),
            Node(
                func=list_instance_results,
                inputs=[
                    "fine_tuned.features",
                    "control.trajectories",
                    "control.verdicts",
                    "params:inference_scaling",
                ],
                outputs="instance_results",
                name="list_instance_results",
            ),
            Node(
                func=measure_costs,
                inputs=["fine_tuned.trajectories", "params:inference_scaling"],
                outputs="attempt_costs",
                name="measure_costs",
            ),
            Node(
                func=choose_stopping_rule,
                inputs=[
                    "teacher.features",
                    "on_policy.features",
                    "verifier_fits",
                    "params:inference_scaling",
                ],
                outputs="stopping_rule",
                name="choose_stopping_rule",
            ),
            Node(
                func=measure_adaptive_attempts,
                inputs=["fine_tuned.features", "stopping_rule", "params:inference_scaling"],
                outputs="adaptive_attempts",
                name="measure_adaptive_attempts",
            ),
        ]
    )

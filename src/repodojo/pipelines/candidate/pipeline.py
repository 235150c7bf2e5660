"""Wiring of the pipeline `candidate`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.attempts import attempts_pipeline
from repodojo.pipelines.candidate.nodes import plan_candidate, plan_patch_measures, summarise_patch_measures
from repodojo.pipelines.evaluation.nodes import evaluate_attempts


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    inputs = ["candidate_instances", "candidate", "engines", "workshop", "params:candidate"]
    attempts = attempts_pipeline("candidate", plan_candidate, inputs, "candidate_instances")
    made = ["candidate.trajectories", "candidate.verdicts"]
    return attempts + Pipeline(
        [
            Node(
                func=evaluate_attempts,
                inputs=["candidate_instances", *made],
                outputs="candidate.metrics",
                name="candidate.evaluate_attempts",
            ),
            Node(
                func=plan_patch_measures,
                inputs=[*made, "candidate_instances", "workshop", "params:grading"],
                outputs="candidate.patch_measures",
                name="candidate.measure_patches",
            ),
            Node(
                func=summarise_patch_measures,
                inputs="candidate.patch_measures",
                outputs="candidate.patch_costs",
                name="candidate.summarise_patch_measures",
            ),
        ]
    )

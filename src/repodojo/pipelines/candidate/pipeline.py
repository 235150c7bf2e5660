"""Wiring of the pipeline `candidate`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.attempts import attempts_pipeline
from repodojo.pipelines.candidate.nodes import plan_candidate
from repodojo.pipelines.evaluation.nodes import evaluate_attempts
from repodojo.pipelines.patch_costs.pipeline import patch_costs_pipeline


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    inputs = ["candidate_instances", "candidate", "engines", "workshop", "params:candidate"]
    attempts = attempts_pipeline("candidate", plan_candidate, inputs, "candidate_instances")
    made = ["candidate.trajectories", "candidate.verdicts"]
    evaluated = Pipeline(
        [
            Node(
                func=evaluate_attempts,
                inputs=["candidate_instances", *made],
                outputs="candidate.metrics",
                name="candidate.evaluate_attempts",
            ),
        ]
    )
    return attempts + evaluated + patch_costs_pipeline("candidate", "candidate_instances")

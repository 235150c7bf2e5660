"""Wiring of the pipeline `sampling`."""

from kedro.pipeline import Pipeline

from repodojo.pipelines.attempts import attempts_pipeline
from repodojo.pipelines.sampling.nodes import plan_teacher


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return attempts_pipeline("teacher", plan_teacher, ["instances", "teacher", "workshop", "params:sampling"])

"""Wiring of the pipeline `base_model`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.base_model.nodes import plan_pretraining


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            Node(
                func=plan_pretraining,
                inputs="params:base_model",
                outputs=["base_model_small", "base_model_medium"],
                name="train_base_models",
            )
        ]
    )

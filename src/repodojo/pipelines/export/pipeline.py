"""Wiring of the pipeline `export`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.export.nodes import export_instances


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return Pipeline(
        [
            Node(
                func=export_instances,
                inputs=["instances", "workshop", "params:publish"],
                outputs=["exported_instances", "rejected_exports"],
                name="export_instances",
            )
        ]
    )

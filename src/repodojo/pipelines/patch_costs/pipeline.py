"""Wiring of the pipeline `patch_costs`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.patch_costs.nodes import plan_patch_measures, summarise_patch_measures


def create_pipeline() -> Pipeline:
    """Return the pipeline: the fine-tuned policy's patches."""
    return patch_costs_pipeline("fine_tuned", "instances")


def patch_costs_pipeline(policy: str, instances: str) -> Pipeline:
    """Wire the measures of a policy's resolving patches, and their sum."""
    made = [f"{policy}.trajectories", f"{policy}.verdicts"]
    return Pipeline(
        [
            Node(
                func=plan_patch_measures,
                inputs=[*made, instances, "workshop", "params:grading"],
                outputs=f"{policy}.patch_measures",
                name=f"{policy}.measure_patches",
            ),
            Node(
                func=summarise_patch_measures,
                inputs=f"{policy}.patch_measures",
                outputs=f"{policy}.patch_costs",
                name=f"{policy}.summarise_patch_measures",
            ),
        ]
    )

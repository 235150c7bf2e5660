"""Wiring of the pipeline `ablations`: dedup_capping, sft and an evaluation, a namespace for each point.

Which points there are is data (`params:ablations`), so a sweep is wired here only once. Checkpoints, rollouts
and verdicts of all points lie in common folders, by fingerprint: what two points have in common is made once.
A point whose rules, or whose longest row, leave nothing to train on makes no attempts; the others go on.
"""

from kedro.pipeline import Node, Pipeline

from repodojo.datasets.asked_shape import Shape, asked_shape
from repodojo.pipelines import dedup_capping, sft
from repodojo.pipelines.ablations.nodes import describe_points, plan_point_attempts
from repodojo.pipelines.attempts import attempts_pipeline
from repodojo.pipelines.evaluation.nodes import evaluate_attempts
from repodojo.pipelines.sft.nodes import plan_training_if_any

SETTINGS = "ablations"
REPORTED = ("curation_report", "policy_checkpoint", "metrics")
"""What the results say of each point."""


def create_pipeline(shape: Shape | None = None) -> Pipeline:
    """Return the pipeline, of the points that the configuration asks for unless a shape is given."""
    points = (shape or asked_shape()).points
    reported = [f"ablation_{name}.{what}" for name, _ in points for what in REPORTED]
    report = Node(
        func=describe_points,
        inputs=[f"params:{SETTINGS}", *reported],
        outputs="ablation_results",
        name="describe_points",
    )
    return sum((_learn(*point) + _evaluate(point[0]) for point in points), Pipeline([report]))


def _learn(name: str, model: str) -> Pipeline:
    """Wire the training set of a point, and the model that is trained on it."""
    training = Node(
        func=plan_training_if_any,
        inputs=["sft_rows", "base_checkpoint", "base_checkpoint", "params:sft", "sft_trajectories"],
        outputs="policy_checkpoint",
        name="train_policy_checkpoint",
    )
    return Pipeline(
        dedup_capping.create_pipeline() + sft.create_pipeline().to_outputs("sft_rows") + Pipeline([training]),
        namespace=f"ablation_{name}",
        inputs={
            "teacher.trajectories": "teacher.trajectories",
            "teacher.verdicts": "teacher.verdicts",
            "instances": "instances",
            "base_checkpoint": model,
        },
        parameters={
            "params:dedup_capping": f"params:{SETTINGS}.points.{name}.curation",
            "params:sft": "params:sft",
        },
        prefix_datasets_with_namespace=True,
    )


def _evaluate(name: str) -> Pipeline:
    """Wire the attempts of a point's policy at the held-out instances."""
    own = f"ablation_{name}"
    inputs = ["instances", f"{own}.policy_checkpoint", "engines", "workshop", "params:baselines"]
    attempts = attempts_pipeline(own, plan_point_attempts, inputs)
    return attempts + Pipeline(
        [
            Node(
                func=evaluate_attempts,
                inputs=["instances", f"{own}.trajectories", f"{own}.verdicts"],
                outputs=f"{own}.metrics",
                name=f"{own}.evaluate_attempts",
            )
        ]
    )

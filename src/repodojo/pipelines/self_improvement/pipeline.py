"""Wiring of the pipeline `self_improvement`: sampling, dedup_capping and sft, a namespace for each round.

Round n samples with the checkpoint of round n - 1; the rounds are unrolled, never a loop.
"""

from kedro.pipeline import Node, Pipeline

from repodojo.datasets.asked_shape import Shape, asked_shape
from repodojo.pipelines import dedup_capping, evaluation, sft
from repodojo.pipelines.attempts import served_attempts_pipeline
from repodojo.pipelines.evaluation.nodes import compare_policies, evaluate_attempts
from repodojo.pipelines.self_improvement.nodes import (
    merge_rounds,
    report_rounds,
    tabulate_rounds,
)
from repodojo.pipelines.sft.nodes import plan_training_if_any

FIRST = {"base": ("zero_shot", "base_checkpoint"), "fine_tuned": ("fine_tuned", "policy_checkpoint")}
"""The first policy's namespace in `evaluation`, and its checkpoint."""
SETTINGS = "self_improvement"


def create_pipeline(shape: Shape | None = None) -> Pipeline:
    """Return the pipeline, of the shape that the configuration asks for unless one is given."""
    wanted = shape or asked_shape()
    name, checkpoint = FIRST[wanted.first_policy]
    earlier = "sft_trajectories" if wanted.first_policy == "fine_tuned" else None
    parts, reported = [evaluation.create_pipeline().to_outputs(f"{name}.metrics")], [f"{name}.metrics"]
    for number in range(1, wanted.rounds + 1):
        own = f"round_{number}"
        start = "base_checkpoint" if wanted.start == "base" else checkpoint
        parts += [_learn(own, checkpoint, start, earlier), _evaluate(own, name)]
        reported += [f"{own}_held_out.metrics", f"{own}.curation_report", f"{own}_minus_previous"]
        name, checkpoint, earlier = (
            f"{own}_held_out",
            f"{own}.policy_checkpoint",
            f"{own}.training_trajectories",
        )
    return sum(parts, _report(reported))


def _learn(own: str, previous: str, start: str, earlier: str | None) -> Pipeline:
    """Wire one round: attempts of the previous policy, what is chosen of them, and the next policy."""
    curation = Pipeline(
        dedup_capping.create_pipeline(),
        namespace=own,
        inputs={
            "teacher.trajectories": f"{own}.trajectories",
            "teacher.verdicts": f"{own}.verdicts",
            "instances": "instances",
        },
        parameters={"params:dedup_capping": f"params:{SETTINGS}.curation"},
        prefix_datasets_with_namespace=True,
    )
    rows = Pipeline(
        sft.create_pipeline().to_outputs("sft_rows"),
        namespace=own,
        inputs={"sft_trajectories": f"{own}.training_trajectories"},
        parameters={"params:sft"},
        prefix_datasets_with_namespace=True,
    )
    sets = [f"{own}.sft_trajectories", f"params:{SETTINGS}", *([earlier] if earlier else [])]
    training = Pipeline(
        [
            Node(
                func=merge_rounds,
                inputs=sets,
                outputs=f"{own}.training_trajectories",
                name="merge_rounds",
                namespace=own,
            ),
            Node(
                func=plan_training_if_any,
                inputs=[
                    *(f"{own}.sft_rows", start, previous, "params:sft"),
                    f"{own}.training_trajectories",
                ],
                outputs=f"{own}.policy_checkpoint",
                name="train_policy",
                namespace=own,
            ),
        ]
    )
    return (
        served_attempts_pipeline(own, "train", previous, f"{SETTINGS}.sampling") + curation + rows + training
    )


def _evaluate(own: str, before: str) -> Pipeline:
    """Wire a round's policy on the held-out instances, alone and beside the one before."""
    held_out = f"{own}_held_out"
    graded = [f"{held_out}.trajectories", f"{held_out}.verdicts"]
    attempts = served_attempts_pipeline(held_out, "held_out", f"{own}.policy_checkpoint", "baselines")
    return attempts + Pipeline(
        [
            Node(
                func=evaluate_attempts,
                inputs=["instances", *graded],
                outputs=f"{held_out}.metrics",
                name=f"{held_out}.evaluate_attempts",
            ),
            Node(
                func=compare_policies,
                inputs=["instances", *graded, f"{before}.trajectories", f"{before}.verdicts"],
                outputs=f"{own}_minus_previous",
                name=f"{own}.compare_with_previous",
            ),
        ]
    )


def _report(reported: list[str]) -> Pipeline:
    """Wire the report over all rounds."""
    return Pipeline(
        [
            Node(func=report_rounds, inputs=reported, outputs="rounds", name="report_rounds"),
            Node(
                func=tabulate_rounds,
                inputs="rounds",
                outputs=["rounds_table", "rounds_figure"],
                name="tabulate_rounds",
            ),
        ]
    )

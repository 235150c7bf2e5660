"""What a point of a sweep is wired to; the end-to-end test runs some."""

import pytest
from kedro.pipeline import Pipeline
from pydantic import ValidationError

from repodojo.curation.settings import AblationPoint, AblationSettings, CurationSettings
from repodojo.datasets.asked_shape import Shape
from repodojo.pipelines.ablations import create_pipeline

SHAPE = Shape(1, "base", "base", (("all", "base_checkpoint"), ("small", "base_model_small")))


def inputs_of(pipeline: Pipeline, output: str) -> set[str]:
    (node,) = [node for node in pipeline.nodes if output in node.outputs]
    return set(node.inputs)


def test_a_point_is_a_curation_a_training_and_an_evaluation() -> None:
    pipeline = create_pipeline(SHAPE)
    chosen = inputs_of(pipeline, "ablation_all.sft_trajectories")
    assert chosen >= {"teacher.trajectories", "params:ablations.points.all.curation"}
    assert inputs_of(pipeline, "ablation_all.policy_checkpoint") >= {
        "ablation_all.sft_rows",
        "base_checkpoint",
    }
    assert "base_model_small" in inputs_of(pipeline, "ablation_small.policy_checkpoint")
    assert "ablation_small.policy_checkpoint" in inputs_of(pipeline, "ablation_small.trajectories")
    assert "ablation_small.metrics" in inputs_of(pipeline, "ablation_results")
    assert "control_checkpoint" not in {name.split(".")[-1] for name in pipeline.datasets()}


def test_only_some_points_are_asked_for_and_an_unknown_one_is_named() -> None:
    points = {name: AblationPoint(curation=CurationSettings()) for name in ("a", "b", "c")}
    assert list(AblationSettings(points=points).asked) == ["a", "b", "c"]
    assert list(AblationSettings(points=points, only=("c", "a")).asked) == ["a", "c"]
    with pytest.raises(ValidationError, match="only: expected names of a, b, c; found d"):
        AblationSettings(points=points, only=("d",))
    with pytest.raises(ValidationError, match="pattern"):
        AblationSettings(points={"a.b": points["a"]})

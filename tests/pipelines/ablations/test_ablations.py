"""What a point of a sweep is wired to; the end-to-end test runs some."""

from pathlib import Path
from typing import Any

import pytest
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner
from pydantic import ValidationError

from repodojo.curation.settings import AblationPoint, AblationSettings, CurationSettings
from repodojo.datasets.asked_shape import Shape
from repodojo.datasets.checkpoint import CheckpointDataset
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.workshop import Workshop
from repodojo.grading.settings import GradingSettings
from repodojo.pipelines.ablations import create_pipeline
from repodojo.rollouts.settings import RolloutSettings
from repodojo.training.settings import SFTSettings
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict

SHAPE = Shape(1, "base", "base", (("all", "base_checkpoint"), ("small", "small_checkpoint")))


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
    assert "small_checkpoint" in inputs_of(pipeline, "ablation_small.policy_checkpoint")
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


def test_a_point_without_a_training_set_has_a_reason_in_place_of_a_result(tmp_path: Path) -> None:
    """It used to stop the whole sweep, with the trainer's error about 0 rows."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base/config.json").write_text("{}")
    turns = (Turn("ls", 0, 1, 1, "stop", 0.0, 0.0),)
    messages = (Message("user", "issue"), Message("assistant", "ls"))
    made = Trajectory(*("a.0", "a", "teacher", "bash_only", 0, 0.0, 0), messages, turns, "p", "Submitted")
    names = (("a", "train"), ("b", "held_out"))
    settings = AblationSettings(
        points={name: AblationPoint(curation=CurationSettings(fraction=0.5)) for name in ("one", "two")}
    )
    values: dict[str, Any] = {
        "instances": [
            Instance(*(name, "o/r", "1", "0", "", "", "", ("t",), (), "e", ("t.py",)), split=split)
            for name, split in names
        ],
        "teacher.trajectories": {"a.0": made},
        "teacher.verdicts": {"a.0": Verdict("a.0", "a", "resolved", "tests")},
        "base_checkpoint": tmp_path / "base",
        "workshop": Workshop(NamespaceSandboxes(), tmp_path / "environments", tmp_path / "layers"),
        **dict.fromkeys(("engines", "verdict_store"), object()),
        "params:ablations": settings.model_dump(mode="json"),
        "params:sft": SFTSettings(),
        "params:baselines": RolloutSettings(),
        "params:grading": GradingSettings(),
    }
    datasets: dict[str, AbstractDataset[Any, Any]] = {}
    for name, point in settings.points.items():
        own = f"ablation_{name}"
        values[f"params:ablations.points.{name}.curation"] = point.curation
        datasets[f"{own}.policy_checkpoint"] = CheckpointDataset(filepath=str(tmp_path / "models"))
        for what in ("trajectories", "verdicts"):
            datasets[f"{own}.{what}"] = ResumablePartitionedDataset(path=str(tmp_path / what))
    given = {name: MemoryDataset(value, copy_mode="assign") for name, value in values.items()}
    pipeline = create_pipeline(
        Shape(1, "base", "base", tuple((n, "base_checkpoint") for n in settings.points))
    )
    assert pipeline.inputs() == given.keys()
    outputs = SequentialRunner().run(pipeline, DataCatalog({**given, **datasets}))
    found = outputs["ablation_results"].load()
    assert list(found) == ["one", "two"]
    for row in found.values():
        assert (row["chosen"], row["attempts"], row["resolve_rate"]["value"]) == (0, 0, None)
        assert row["reason"] == "no trajectory is left to train on"

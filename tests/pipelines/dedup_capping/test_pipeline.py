"""The pipeline chooses the training set and its control from what the catalog holds."""

from typing import Any

from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from repodojo.curation.settings import CurationSettings
from repodojo.pipelines.dedup_capping import create_pipeline
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict


def trajectory(name: str, attempt: int) -> Trajectory:
    turn = Turn("ls", 0, 1, 1, "stop", 0.0, 0.0)
    message = Message("user", f"{name} {attempt}")
    return Trajectory(
        *(f"{name}.{attempt}", name, "teacher", "bash_only", attempt, 0.0, 0),
        messages=(message,),
        turns=(turn,) * (attempt + 1),
        model_patch="diff",
        exit_status="Submitted",
    )


def test_pipeline_writes_both_sets_and_the_report() -> None:
    made = {each.rollout_id: each for name in ("a", "b") for each in (trajectory(name, n) for n in range(4))}
    verdicts = {
        key: Verdict(key, each.instance_id, "resolved" if each.attempt < 3 else "unresolved", "tests")
        for key, each in made.items()
    }
    instances = [
        Instance(name, "o/r", "1", "0", "", "", "", ("t",), (), "e", ("t.py",)) for name in ("a", "b")
    ]
    inputs: dict[str, Any] = {
        "teacher.trajectories": made,
        "teacher.verdicts": verdicts,
        "instances": instances,
        "params:dedup_capping": CurationSettings(per_instance=1),
    }
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in inputs.items()})
    outputs = SequentialRunner().run(create_pipeline(), catalog)
    chosen, control, report = (
        outputs[name].load() for name in ("sft_trajectories", "control_trajectories", "curation_report")
    )
    assert [each.rollout_id for each in chosen] == ["a.0", "b.0"]
    assert [each.rollout_id for each in control] == ["a.3", "b.3"]
    assert report["chosen"] == report["control"] == 2
    assert [step["name"] for step in report["steps"]] == ["success", "identical", "cap"]

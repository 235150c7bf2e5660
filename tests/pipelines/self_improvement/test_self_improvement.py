"""Rounds from the command line in the test environment, and the graphs that their parameters ask for."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kedro.pipeline import Pipeline

from repodojo.curation.rounds import accumulate
from repodojo.curation.settings import CurationSettings, SelfImprovementSettings
from repodojo.datasets.asked_shape import Shape, ask_for
from repodojo.pipelines.self_improvement.pipeline import create_pipeline
from repodojo.pipelines.sft.nodes import plan_training_if_any
from repodojo.training.plan import TrainingPlan, UntrainedPlan
from repodojo.training.settings import SFTSettings
from repodojo.types import Message, Trajectory, Turn

ROOT = Path(__file__).parents[3]


def made(instance_id: str, attempt: int, turns: int, policy: str) -> Trajectory:
    turn = Turn("ls", 0, 1, 1, "stop", 0.0, 0.0)
    key = (f"{instance_id}.{attempt}", instance_id, policy, "bash_only", attempt, 0.0, 0)
    messages = (Message("user", f"{instance_id} {turns} {policy}"),)
    return Trajectory(*key, messages=messages, turns=(turn,) * turns, model_patch="", exit_status="Submitted")


def inputs_of(pipeline: Pipeline, output: str) -> set[str]:
    (node,) = [node for node in pipeline.nodes if output in node.outputs]
    return set(node.inputs)


def test_each_round_samples_with_the_policy_of_the_round_before() -> None:
    pipeline = create_pipeline(Shape(rounds=3, first_policy="base", start="base"))
    checkpoints = ["base_checkpoint", "round_1.policy_checkpoint", "round_2.policy_checkpoint"]
    for number, checkpoint in enumerate(checkpoints, 1):
        assert checkpoint in inputs_of(pipeline, f"round_{number}.trajectories")
        assert "base_checkpoint" in inputs_of(pipeline, f"round_{number}.policy_checkpoint")
    assert "round_4.policy_checkpoint" not in pipeline.datasets()
    assert "teacher.trajectories" not in pipeline.datasets()


def test_rounds_can_go_on_from_the_last_policy_and_begin_with_the_taught_one() -> None:
    pipeline = create_pipeline(Shape(rounds=2, first_policy="fine_tuned", start="last"))
    assert "policy_checkpoint" in inputs_of(pipeline, "round_1.trajectories")
    assert inputs_of(pipeline, "round_1.policy_checkpoint") >= {"policy_checkpoint"}
    assert inputs_of(pipeline, "round_2.policy_checkpoint") >= {"round_1.policy_checkpoint"}
    assert "base_checkpoint" not in inputs_of(pipeline, "round_2.policy_checkpoint")
    assert "sft_trajectories" in inputs_of(pipeline, "round_1.training_trajectories")
    assert "round_1.training_trajectories" in inputs_of(pipeline, "round_2.training_trajectories")


def test_the_graph_is_made_again_only_where_its_shape_changes() -> None:
    four = SelfImprovementSettings(rounds=4)
    try:
        assert ask_for({"self_improvement": four})
        assert not ask_for({"self_improvement": four.model_copy(update={"data": "replace"})})
        assert "round_4.policy_checkpoint" in create_pipeline().datasets()
    finally:
        ask_for({"self_improvement": SelfImprovementSettings()})
    assert not ask_for({})


def test_accumulated_successes_stay_under_the_cap_whatever_round_they_are_of() -> None:
    """Attempts of two rounds have the same rollout_id, and are two."""
    earlier = [made("a", 0, 5, "round_1"), made("a", 1, 3, "round_1"), made("b", 0, 2, "round_1")]
    later = [made("a", 0, 4, "round_2"), made("c", 0, 1, "round_2")]
    kept = accumulate(earlier, later, CurationSettings(per_instance=2))
    assert [(each.instance_id, len(each.turns)) for each in kept] == [("a", 3), ("a", 4), ("b", 2), ("c", 1)]
    assert accumulate(later, earlier, CurationSettings(per_instance=2)) == kept
    assert len(accumulate(earlier, earlier, CurationSettings())) == 3


def test_the_policy_of_a_round_says_what_it_has_learned_from(tmp_path: Path) -> None:
    """It used to say nothing, so that nothing refused to evaluate it on the same instances."""
    rows: list[dict[str, Any]] = [{"messages": []}]
    learned = [made("b", 0, 1, "p"), made("a", 0, 1, "p"), made("a", 1, 2, "p")]
    plan = plan_training_if_any(rows, tmp_path, tmp_path, SFTSettings(), learned)
    assert isinstance(plan, TrainingPlan)
    assert plan.instances == ("a", "b")
    assert plan.otherwise == tmp_path
    assert isinstance(plan_training_if_any([], tmp_path, tmp_path, SFTSettings(), []), UntrainedPlan)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rounds")
    environment = {
        **os.environ,
        "REPODOJO_DATA": str(folder / "data"),
        "REPODOJO_ARTIFACTS": str(folder / "artifacts"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }
    command = [sys.executable, "-m", "kedro", "run", "--env", "test"]
    command += ["--pipelines", "env_build,self_improvement", "--params", "self_improvement.rounds=2"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "data"


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_as_many_rounds_run_as_the_parameter_says(data: Path) -> None:
    rounds = read(data / "08_reporting/rounds.json")
    assert [row["round"] for row in rounds] == [0, 1, 2]
    assert [row["trend"] for row in rounds] == ["first", "same", "same"]
    assert all(row["sampled"]["chosen"] == 1 for row in rounds[1:])
    assert {path.name for path in (data / "06_models").iterdir()} == {"round_1", "round_2"}


def test_successes_of_earlier_rounds_stay(data: Path) -> None:
    for number in (1, 2):
        folder = data / f"03_primary/round_{number}"
        kept = [
            json.loads(line) for line in (folder / "training_trajectories.jsonl").read_text().splitlines()
        ]
        assert {row["policy"] for row in kept} <= {"scripted", *(f"round_{n}" for n in range(1, number + 1))}
        assert len(kept) == 1, "the same conversation in each round is learned once"


def test_table_5_stands_beside_the_published_one(data: Path) -> None:
    table = (data / "08_reporting/rounds.md").read_text()
    assert "| published | 7B | 2 | 300 | – | 23.3 | 10.0 |" in table
    assert "| this run | student | 2 |" in table
    assert (data / "08_reporting/rounds.svg").read_text().startswith("<svg")

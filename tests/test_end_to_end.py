"""The default run and a sweep in the test environment, twice; the second run does nothing."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from repodojo.pipeline_registry import DEFAULT

ROOT = Path(__file__).parents[1]
WORK = ("02_intermediate/*/*/*.json", "06_models/*/*/*", "07_model_output/*/*/*/*.json")
"""What costs time to make: partitions and checkpoints."""
PIPELINES = "__default__,ablations"


@dataclass
class Runs:
    """What two runs left."""

    data: Path
    before: dict[str, int]
    after: dict[str, int]
    children_before: dict[str, Any]
    children_after: dict[str, Any]
    log: str


def modified(data: Path) -> dict[str, int]:
    """Return when each result was written."""
    files = [path for pattern in WORK for path in data.glob(pattern) if path.is_file()]
    return {path.relative_to(data).as_posix(): path.stat().st_mtime_ns for path in files}


def child_runs(database: Path) -> dict[str, Any]:
    """Return child runs by name; each name is there once."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("repodojo-test")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    found = {run.info.run_name: run for run in children}
    assert len(found) == len(children)
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("run")
    environment = {
        **os.environ,
        "REPODOJO_DATA": str(folder / "data"),
        "REPODOJO_ARTIFACTS": str(folder / "artifacts"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }

    def run() -> str:
        command = [sys.executable, "-m", "kedro", "run", "--env", "test", "--pipelines", PIPELINES]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stderr

    run()
    before, children_before = modified(folder / "data"), child_runs(folder / "mlflow.db")
    log = run()
    after, children_after = modified(folder / "data"), child_runs(folder / "mlflow.db")
    return Runs(folder / "data", before, after, children_before, children_after, log)


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_builds_three_instances(runs: Runs) -> None:
    instances = rows(runs.data / "03_primary/instances.jsonl")
    assert sorted(row["split"] for row in instances) == ["held_out", "train", "train"]
    assert all(row["FAIL_TO_PASS"] for row in instances)


def test_rollouts_are_graded_by_the_hidden_tests(runs: Runs) -> None:
    outcomes = {
        read(path)["outcome"] for path in runs.data.glob("07_model_output/teacher/verdicts/*/tiny*.json")
    }
    assert outcomes == {"resolved", "unresolved"}


def test_a_policy_is_trained(runs: Runs) -> None:
    (card,) = runs.data.glob("06_models/policy/*/training.json")
    assert read(card)["fingerprint"]["settings"]["epochs"] == 1
    assert (card.parent / "model.safetensors").is_file()


def test_every_pipeline_leaves_its_time(runs: Runs) -> None:
    assert {*DEFAULT, "ablations"} == read(runs.data / "08_reporting/timings.json")["pipelines"].keys()


def test_every_file_says_what_produced_it(runs: Runs) -> None:
    by_hooks = {"timings.json", "provenance.json"}
    ours = [path for path in runs.data.glob("0[2-8]_*/*.json*") if path.name not in by_hooks]
    files = [path for path in ours if not path.name.endswith(".produced_by.json")]
    assert files
    for path in files:
        assert path.with_name(path.name + ".produced_by.json").is_file(), path


def test_the_second_run_does_nothing(runs: Runs) -> None:
    assert runs.before
    assert runs.after == runs.before
    assert " owed, into " not in runs.log


def test_trainings_and_evaluations_are_logged_once(runs: Runs) -> None:
    assert {"policy_training", "verifier_training"} <= set(runs.children_before)
    assert [each.info.run_id for each in runs.children_after.values()] == [
        each.info.run_id for each in runs.children_before.values()
    ]


def test_every_point_of_a_sweep_is_measured_and_in_the_report(runs: Runs) -> None:
    found = read(runs.data / "08_reporting/ablation_results.json")
    assert list(found) == ["all", "cap_1"]
    assert found["cap_1"]["settings"]["per_instance"] == 1
    assert all(row["resolve_rate"]["n"] == 1 and row["chosen"] for row in found.values())
    rows = [row["cells"] for row in read(runs.data / "08_reporting/table_4.json")["rows"]]
    assert [row[0] for row in rows[2:4]] == ["1", "none"]
    assert not any("kedro run" in cell for row in rows for cell in row)


def test_what_points_have_in_common_is_made_once(runs: Runs) -> None:
    """Answers are scripted, so that one set of rollouts is that of every point."""
    assert len(list(runs.data.glob("07_model_output/ablations/trajectories/*/_MANIFEST.json"))) == 1
    assert len(list(runs.data.glob("07_model_output/ablations/trajectories/_asked/*"))) == 2


def test_every_point_is_a_child_run_with_interval_and_seed(runs: Runs) -> None:
    assert {"ablations/all", "ablations/cap_1/policy_training"} <= set(runs.children_before)
    point = runs.children_before["ablations/cap_1"].data
    assert {f"overall.greedy.{key}" for key in ("value", "low", "high", "n")} <= point.metrics.keys()
    assert point.params["ablations.points.cap_1.curation.seed"] == point.params["sft.seed"] == "0"
    assert "ablations.points.all.curation.seed" not in point.params

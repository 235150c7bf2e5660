"""The whole graph in the test environment: `kedro run --env test`, twice; the second run does nothing."""

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


@dataclass
class Runs:
    """What two runs left."""

    data: Path
    before: dict[str, int]
    after: dict[str, int]
    children_before: list[str]
    children_after: list[str]
    log: str


def modified(data: Path) -> dict[str, int]:
    """Return when each result was written."""
    files = [path for pattern in WORK for path in data.glob(pattern) if path.is_file()]
    return {path.relative_to(data).as_posix(): path.stat().st_mtime_ns for path in files}


def child_runs(database: Path) -> list[str]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("repodojo-test")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    return sorted(run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags)


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
        command = [sys.executable, "-m", "kedro", "run", "--env", "test"]
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
    assert set(DEFAULT) == read(runs.data / "08_reporting/timings.json")["pipelines"].keys()


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
    assert len(runs.children_before) == len(set(runs.children_before))
    assert runs.children_after == runs.children_before

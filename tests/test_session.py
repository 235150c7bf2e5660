"""Real Kedro sessions on a small project that uses this package's hooks and datasets."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LOGGING = Path(__file__).parents[1] / "conf/logging.yml"

PYPROJECT = """
[tool.kedro]
package_name = "toy"
project_name = "toy"
kedro_init_version = "1.7.0"
"""

SETTINGS = """
from repodojo.settings import CONFIG_LOADER_ARGS, HOOKS
"""

REGISTRY = """
from functools import partial
from pathlib import Path
from kedro.pipeline import Node, Pipeline
from repodojo.datasets.plan import Plan
from repodojo.grading.settings import GradingSettings

LOG = Path("log")

def work(key, seed):
    with LOG.open("a") as file:
        file.write(f"rollout {key}\\n")
    return {"key": key, "seed": seed}

def plan(rows, sampling):
    seed = sampling["seed"]
    return Plan({row["id"]: partial(work, row["id"], seed) for row in rows}, {"seed": seed})

class Training:
    def __init__(self, trajectories, sft):
        self.fingerprint = {"rows": trajectories, "epochs": sft["epochs"]}
    def run(self, scratch):
        with LOG.open("a") as file:
            file.write("training\\n")
        (scratch / "metrics.jsonl").write_text('{"step": 1, "loss": 0.5}\\n')
        (scratch / "model").mkdir(exist_ok=True)
        (scratch / "model" / "config.json").write_text("{}")
        return scratch / "model"

def evaluate(trajectories, checkpoint):
    return {"zero_shot": {"n": len(trajectories)}, "fine_tuned": {"n": len(trajectories) + 1}}

def report(metrics):
    return [metrics]

def register_pipelines():
    pipelines = {
        "sampling": Pipeline([Node(plan, ["rows", "params:toy_sampling"], "trajectories", name="sample")]),
        "sft": Pipeline([
            Node(Training, ["trajectories", "params:toy_sft"], "checkpoint", name="train"),
            Node(evaluate, ["trajectories", "checkpoint"], "metrics", name="evaluate"),
        ]),
        "reporting": Pipeline([Node(report, "metrics", "report", name="report")]),
    }
    return {"__default__": sum(pipelines.values()), **pipelines}
"""

CATALOG = """
rows: {type: repodojo.datasets.jsonl.JSONLinesDataset, filepath: data/rows.jsonl}
trajectories:
  type: repodojo.datasets.resumable_partitions.ResumablePartitionedDataset
  path: data/trajectories
checkpoint:
  type: repodojo.datasets.checkpoint.CheckpointDataset
  filepath: data/checkpoint
  metadata: {mlflow: {child_run: policy_training}}
metrics:
  type: repodojo.datasets.stamped.StampedDataset
  dataset: {type: json.JSONDataset, filepath: data/metrics.json}
  metadata: {mlflow: {child_run: evaluation, each: true}}
report:
  type: repodojo.datasets.stamped.StampedDataset
  dataset: {type: repodojo.datasets.jsonl.JSONLinesDataset, filepath: data/report.jsonl}
timings: {type: json.JSONDataset, filepath: data/timings.json}
"""

MLFLOW = """
server:
  mlflow_tracking_uri: sqlite:///{folder}/mlflow.db
tracking:
  experiment:
    name: toy
    create_experiment_kwargs:
      artifact_location: {folder}/mlartifacts
"""

RUN = """
import json, os, sys
from pathlib import Path
import mlflow
from pydantic import BaseModel, ConfigDict
import repodojo.params

class Sampling(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seed: int = 0

class Sft(BaseModel):
    model_config = ConfigDict(extra="forbid")
    epochs: int = 1

repodojo.params.MODELS.clear()
repodojo.params.MODELS.update(toy_sampling=Sampling, toy_sft=Sft)

from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from repodojo.cli import explain

for line in sys.stdin:
    request = json.loads(line)
    project = Path(request.pop("project"))
    os.chdir(project)
    bootstrap_project(project)
    answer = None
    try:
        with KedroSession.create(project, runtime_params=request.pop("params", {})) as session:
            session.run(**request)
    except Exception as error:
        answer = explain(error) or f"unexplained {error!r}"
    while mlflow.active_run():
        mlflow.end_run()
    print(json.dumps(answer), flush=True)
"""


@dataclass
class Project:
    """The small project."""

    folder: Path
    server: subprocess.Popen[str]

    def run(self, **request: Any) -> str | None:
        """Run the project; return the explanation of its error, if any."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        (self.folder / "log").write_text("")
        self.server.stdin.write(json.dumps(request | {"project": str(self.folder)}) + "\n")
        self.server.stdin.flush()
        answer: str | None = json.loads(self.server.stdout.readline())
        return answer

    def work(self) -> list[str]:
        """Return what the last run really did."""
        return sorted((self.folder / "log").read_text().splitlines())

    def child_runs(self) -> list[str]:
        """Return the names of all child runs in MLflow."""
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{self.folder}/mlflow.db")
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        runs = client.search_runs(experiments)
        return sorted(run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """One process that runs the projects of all tests, so that MLflow is imported once."""
    with (tmp_path_factory.mktemp("server") / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "KEDRO_LOGGING_CONFIG": str(LOGGING)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        yield process
        process.kill()
        process.communicate()


@pytest.fixture
def project(tmp_path: Path, server: subprocess.Popen[str], mlflow_database: Path) -> Project:
    files = {
        "pyproject.toml": PYPROJECT,
        "src/toy/__init__.py": "",
        "src/toy/settings.py": SETTINGS,
        "src/toy/pipeline_registry.py": REGISTRY,
        "conf/base/catalog.yml": CATALOG,
        "conf/base/parameters.yml": "toy_sampling: {seed: 0}\ntoy_sft: {epochs: 1}\n",
        "conf/base/mlflow.yml": MLFLOW.format(folder=tmp_path),
        "conf/local/.gitkeep": "",
        "data/rows.jsonl": '{"id": "a"}\n{"id": "b"}\n',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(mlflow_database, tmp_path / "mlflow.db")
    return Project(tmp_path, server)


def test_work_is_done_once_and_again_only_where_something_changed(project: Project) -> None:
    everything = ["rollout a", "rollout b", "training"]
    trained = ["evaluation/fine_tuned", "evaluation/zero_shot", "policy_training"]

    assert project.run() is None
    assert project.work() == everything
    assert project.child_runs() == trained

    assert project.run() is None
    assert project.run(only_missing_outputs=True) is None
    assert project.work() == []
    assert project.child_runs() == trained, "nothing was executed, so nothing is logged again"

    assert project.run(only_missing_outputs=True, params={"toy_sft": {"epochs": 2}}) is None
    assert project.work() == ["training"], "a changed parameter makes what comes after it stale"
    assert project.child_runs().count("policy_training") == 2

    assert project.run(only_missing_outputs=True) is None
    assert project.work() == [], "the first configuration's checkpoint is still there"
    note = json.loads((project.folder / "data/metrics.json.produced_by.json").read_text())
    assert note["parameters"] == {"toy_sampling": {"seed": 0}, "toy_sft": {"epochs": 1}}

    (project.folder / "data/rows.jsonl").write_text('{"id": "a"}\n{"id": "c"}\n')
    assert project.run(only_missing_outputs=True) is None
    assert project.work() == ["rollout c", "training"], "so does a changed input file"

    (partition,) = (project.folder / "data/trajectories").glob("*/c.json")
    partition.unlink()
    assert project.run(only_missing_outputs=True) is None
    assert project.work() == ["rollout c"], "half a dataset does not count as there"

    timings = json.loads((project.folder / "data/timings.json").read_text())
    assert set(timings["pipelines"]) == {"sampling", "sft", "reporting"}
    assert timings["nodes"]["sample"]["work_s"] >= timings["nodes"]["sample"]["last_s"] > 0


def test_results_of_another_configuration_are_never_loaded(project: Project) -> None:
    assert project.run() is None
    told = project.run(pipeline_names=["reporting"], params={"toy_sampling": {"seed": 1}})
    assert told is not None
    assert (
        "metrics.json was not made by the current configuration (parameters differ: toy_sampling.seed)"
        in told
    )
    told = project.run(pipeline_names=["sft"], params={"toy_sampling": {"seed": 1}})
    assert told is not None
    assert "trajectories holds no complete run for the current configuration" in told
    assert project.work() == []


def test_a_wrong_parameter_or_row_is_one_clear_error_before_any_work(project: Project) -> None:
    assert project.run(params={"toy_sft": {"epoch": 2}}) == (
        "parameter 'toy_sft.epoch' is unknown, did you mean 'epochs'?"
    )
    told = project.run(params={"toy_sft": {"epochs": "many"}, "toy_sampling": {"seed": 1.5}})
    assert told is not None
    seed, epochs = told.split("; ")
    assert seed.startswith("parameter 'toy_sampling.seed': Input should be a valid integer")
    assert seed.endswith("found 1.5")
    assert epochs.startswith("parameter 'toy_sft.epochs': Input should be a valid integer")
    assert epochs.endswith("found 'many'")
    told = project.run(params={"toy_sff": {}})
    assert told == "parameter 'toy_sff' is unknown, did you mean 'toy_sft'?"
    (project.folder / "data/rows.jsonl").write_text('{"id": "a"}\n{"id": \n')
    told = project.run()
    assert told is not None
    assert "rows.jsonl, row 2: expected a JSON object" in told
    assert project.work() == []

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from repodojo.datasets.configuration import Saved
from repodojo.errors import InputError
from repodojo.tracking.child_runs import ChildRun, child_runs, log_child_run, numbers
from repodojo.tracking.database import create_database

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture
def client(tmp_path: Path, mlflow_database: Path) -> "MlflowClient":
    from mlflow import MlflowClient

    shutil.copy(mlflow_database, tmp_path)
    return MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_two_first_runs_at_once_make_one_database(tmp_path: Path) -> None:
    """MLflow's own migration breaks when two processes make the tables at once."""
    program = "import sys; from repodojo.tracking import database as d; print(d.create_database(sys.argv[1]))"
    path = tmp_path / "mlflow.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, f"sqlite:///{path}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = sorted(process.communicate()[0].strip() for process in processes)
    assert answers == ["False", "True"]
    with sqlite3.connect(path) as database:
        assert database.execute("select count(*) from experiments").fetchone() == (1,)


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + bytes(100)])
def test_a_torn_database_is_one_error_before_work(tmp_path: Path, content: bytes) -> None:
    """It used to be a traceback of a hundred lines."""
    (tmp_path / "mlflow.db").write_bytes(content)
    with pytest.raises(InputError, match=r"MLflow's database .*mlflow.db: .*MLFLOW_TRACKING_URI"):
        create_database(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_a_database_in_no_folder_is_one_error_before_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"MLflow's database .*mlflow.db: .*MLFLOW_TRACKING_URI"):
        create_database(f"sqlite:///{tmp_path / 'file/mlflow.db'}")


def test_an_address_of_a_server_needs_no_database() -> None:
    assert not create_database("https://mlflow.example.org")


def test_a_child_run_is_written_once_for_what_it_is_about(client: "MlflowClient") -> None:
    experiment = client.create_experiment("once")
    parent = client.create_run(experiment).info.run_id
    steps = ({"step": 1.0, "loss": 0.5}, {"step": 2.0, "loss": 0.25})
    child = ChildRun("policy_training", "f1", {"settings": {"epochs": 2}}, {"train_loss": 0.3}, steps)
    run_id = log_child_run(client, experiment, parent, child, {"git_commit": "abc"})
    assert run_id is not None
    assert log_child_run(client, experiment, parent, child, {}) is None
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"settings.epochs": "2"}
    assert run.data.metrics == {"final.train_loss": 0.3, "loss": 0.25}
    assert run.data.tags["mlflow.parentRunId"] == parent
    assert run.data.tags["git_commit"] == "abc"
    assert [(m.step, m.value) for m in client.get_metric_history(run_id, "loss")] == [(1, 0.5), (2, 0.25)]
    other = ChildRun("policy_training", "f2", {}, {})
    assert log_child_run(client, experiment, parent, other, {}) is not None


def test_many_steps_fit_in_batches(client: "MlflowClient") -> None:
    experiment = client.create_experiment("many")
    steps = tuple({"step": float(i), "loss": 1.0 / (i + 1), "rate": 0.1} for i in range(700))
    parameters = {f"p{i}": i for i in range(150)}
    child = ChildRun("long", "f", parameters, {}, steps)
    run_id = log_child_run(client, experiment, "parent", child, {})
    assert run_id is not None
    assert len(client.get_metric_history(run_id, "loss")) == 700
    assert len(client.get_run(run_id).data.params) == 150


def test_a_checkpoint_says_what_its_training_was(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    (tmp_path / "training.json").write_text('{"metrics": {"train_loss": 1.5}}')
    saved = Saved(1, "digest", tmp_path, {"rows": "r", "settings": {"epochs": 2}})
    (child,) = child_runs({"child_run": "policy_training"}, saved, object(), {})
    assert child == ChildRun(
        "policy_training",
        "digest",
        {"rows": "r", "settings": {"epochs": 2}},
        {"train_loss": 1.5},
        ({"step": 1.0, "loss": 2.0},),
    )


def test_metrics_are_one_run_or_one_for_each_policy(tmp_path: Path) -> None:
    data = {"zero_shot": {"rate": 0.1}, "fine_tuned": {"rate": 0.4}}
    saved = Saved(1, "d", tmp_path / "x.json")
    (one,) = child_runs({"child_run": "evaluation"}, saved, data, {"k": 8})
    assert one.metrics == {"zero_shot.rate": 0.1, "fine_tuned.rate": 0.4}
    each = list(child_runs({"child_run": "evaluation", "each": True}, saved, data, {"k": 8}))
    assert [child.name for child in each] == ["evaluation/zero_shot", "evaluation/fine_tuned"]
    assert each[0].fingerprint != each[1].fingerprint
    changed = list(
        child_runs(
            {"child_run": "evaluation", "each": True}, saved, data | {"fine_tuned": {"rate": 0.5}}, {"k": 8}
        )
    )
    assert changed[0].fingerprint == each[0].fingerprint
    assert changed[1].fingerprint != each[1].fingerprint


def test_only_finite_numbers_are_metrics() -> None:
    nested = {"a": {"b": 1, "c": float("nan"), "d": "text"}, "e": [1.5, {"f": 2}], "g": True, "h": None}
    assert numbers(nested) == {"a.b": 1.0, "e.0": 1.5, "e.1.f": 2.0, "g": 1.0}


def test_a_run_that_records_does_not_wait_for_one_that_reads(tmp_path: Path) -> None:
    """Readers held a database without a write-ahead log, until a busy machine's run failed on a lock."""
    path = tmp_path / "mlflow.db"
    create_database(f"sqlite:///{path}")
    with (
        closing(sqlite3.connect(path, timeout=0)) as reader,
        closing(sqlite3.connect(path, timeout=0)) as writer,
    ):
        reader.execute("begin")
        reader.execute("select count(*) from runs").fetchone()
        writer.execute("insert into experiments (name, lifecycle_stage) values ('a', 'active')")
        writer.commit()

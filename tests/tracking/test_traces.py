"""Rollouts as MLflow traces."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from repodojo.tracking.traces import FINGERPRINT_TAG, log_trace, sample
from repodojo.types import Message, Trajectory, Turn

MESSAGES = (
    *(Message("system", "s"), Message("user", "issue"), Message("assistant", "```bash\nls\n```")),
    *(Message("user", "m.py"), Message("assistant", "no command"), Message("user", "try again")),
)
TURNS = (Turn("ls", 0, 10, 2, "stop", 0.5, 0.25), Turn(None, None, 12, 3, "length", 0.5, 0.0))
TRAJECTORY = Trajectory(
    *("i.0", "i", "teacher", "bash_only", 0, 0.5, 1),
    MESSAGES,
    TURNS,
    "diff",
    "LimitsExceeded",
    duration_s=2.0,
)


@pytest.fixture
def experiment(tmp_path: Path, mlflow_database: Path) -> Any:
    import mlflow

    shutil.copy(mlflow_database, tmp_path)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    yield mlflow.create_experiment("traces", (tmp_path / "artifacts").as_uri())
    mlflow.set_tracking_uri(before)


def test_a_rollout_is_a_trace_of_turns_linked_to_its_run(experiment: str) -> None:
    import mlflow

    with mlflow.start_run(experiment_id=experiment) as run:
        trace_id = log_trace(TRAJECTORY, experiment, {FINGERPRINT_TAG: "f"})
    mlflow.flush_trace_async_logging()
    (trace,) = mlflow.search_traces(
        locations=[experiment], filter_string=f"tags.`{FINGERPRINT_TAG}` = 'f'", return_type="list"
    )
    assert trace.info.trace_id == trace_id
    assert trace.info.trace_metadata["mlflow.sourceRun"] == run.info.run_id
    assert trace.info.tags["exit_status"] == "LimitsExceeded"
    assert trace.info.execution_duration == 2000
    spans = {span.span_id: span for span in trace.data.spans}
    parents = [(s.name, spans[s.parent_id].name if s.parent_id else None) for s in spans.values()]
    assert sorted(parents, key=str) == sorted(
        [
            *(
                ("i.0", None),
                ("turn 1", "i.0"),
                ("turn 2", "i.0"),
                ("policy", "turn 1"),
                ("policy", "turn 2"),
            ),
            ("command", "turn 1"),
        ],
        key=str,
    )
    command = next(span for span in spans.values() if span.name == "command")
    assert command.inputs == {"command": "ls"}
    assert command.outputs == {"exit_code": 0, "messages": [{"role": "user", "content": "m.py"}]}
    assert command.end_time_ns - command.start_time_ns == 250_000_000


def test_a_rollout_that_never_started_is_a_trace_without_turns(experiment: str) -> None:
    bare = Trajectory(*("i.1", "i", "p", "s", 1, 0.0, 0), (), (), "", "SandboxError", "no sandbox")
    assert log_trace(bare, experiment, {})


def test_the_sample_is_the_same_every_time_and_all_where_few() -> None:
    keys = {f"i.{number}": None for number in range(50)}
    assert sample(keys, 5) == sample(dict(reversed(keys.items())), 5)
    assert len(sample(keys, 5)) == 5
    assert sample(keys, 100) == sorted(keys)

"""``kill -9`` at random points of a run of the test environment, again and again, until it ends by itself."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ROLLOUTS = {"sampling": {"attempts": 16}}
"""Of two instances."""
LONGEST_JITTER_S = 0.1
CHANGING = frozenset({"duration_s", "policy_s", "sandbox_s"})
"""What is no part of a trajectory's identity: times."""


def steady(record: Any) -> Any:
    """Leave the times out of a record."""
    if isinstance(record, dict):
        return {key: steady(value) for key, value in record.items() if key not in CHANGING}
    return [steady(each) for each in record] if isinstance(record, list) else record


FORKS = """
import json, os, select, signal, sys, time
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
# What a run would import, once for all of them.
import mlflow.store.tracking.sqlalchemy_store, repodojo.datasets.handles, repodojo.settings

project = Path.cwd()
bootstrap_project(project)
from repodojo.pipeline_registry import register_pipelines
register_pipelines()

def results():
    return Path(os.environ["REPODOJO_DATA"]).glob("07_model_output/teacher/*/*/[!._]*.json")

def run(pipelines, params):
    with KedroSession.create(project, env="test", runtime_params=params) as session:
        session.run(pipeline_names=pipelines)

for line in sys.stdin:
    request = json.loads(line)
    pid = os.fork()
    if pid == 0:
        os.dup2(2, 1)
        try:
            run(request["pipelines"], request["params"])
        except BaseException as error:
            sys.stderr.write(repr(error))
            os._exit(1)
        os._exit(0)
    kill_at, handle = request["kill_at"], os.pidfd_open(pid)
    while not select.select([handle], [], [], kill_at and 0.01)[0]:
        if len(list(results())) >= kill_at:
            time.sleep(request["jitter_s"])
            os.kill(pid, signal.SIGKILL)
            break
    os.close(handle)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@dataclass
class Runs:
    """A process that has everything imported, and forks one that runs the project."""

    data: Path
    server: subprocess.Popen[str]

    def run(self, pipeline: str, kill_at: int | None = None, jitter_s: float = 0.0) -> bool:
        """Run a pipeline; kill it when there are so many results, or soon after; return whether it was."""
        assert self.server.stdin
        assert self.server.stdout
        asked = {"pipelines": [pipeline], "params": ROLLOUTS, "kill_at": kill_at, "jitter_s": jitter_s}
        self.server.stdin.write(json.dumps(asked) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        assert code in (0, -signal.SIGKILL), (self.data.parent / "stderr").read_text()[-3000:]
        return code != 0

    def files(self) -> dict[str, int]:
        """Return when each rollout and verdict was written."""
        found = self.data.glob("07_model_output/teacher/*/*/[!._]*.json")
        return {path.relative_to(self.data).as_posix(): path.stat().st_mtime_ns for path in found}

    def results(self) -> dict[str, Any]:
        """Return rollouts and verdicts without their times."""
        return {name: steady(json.loads((self.data / name).read_text())) for name in self.files()}

    def clear(self) -> None:
        """Forget all rollouts and verdicts."""
        shutil.rmtree(self.data / "07_model_output")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, mlflow_database: Path) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("kills")
    shutil.copy(mlflow_database, folder / "mlflow.db")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "REPODOJO_DATA": str(folder / "data"),
        "REPODOJO_ARTIFACTS": str(folder / "artifacts"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "KEDRO_LOGGING_CONFIG": str(ROOT / "conf/logging.yml"),
    }
    with (
        (folder / "stderr").open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", FORKS],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as server,
    ):
        made = Runs(folder / "data", server)
        made.run("env_build")
        yield made
        assert server.stdin
        server.stdin.close()


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_points_no_rollout_is_lost_or_made_twice(runs: Runs, kills: int) -> None:
    runs.run("sampling")
    expected = runs.results()
    assert sum("/trajectories/" in name for name in expected) == 2 * ROLLOUTS["sampling"]["attempts"]
    drawn = random.Random(kills)
    left = kills
    while left:
        runs.clear()
        kept: dict[str, int] = {}
        was_killed = True
        while was_killed:
            is_last = not left or len(kept) == len(expected)
            kill_at = None if is_last else drawn.randint(len(kept) + 1, len(expected))
            was_killed = runs.run("sampling", kill_at, drawn.uniform(0, LONGEST_JITTER_S))
            found = runs.files()
            assert kept.items() <= found.items(), "a result that was kept is gone, or was made again"
            kept = found
            left -= was_killed
        assert runs.results() == expected

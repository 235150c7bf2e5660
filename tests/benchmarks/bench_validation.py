"""Script: the wall time of validation beside the time of its tests alone, with two workers.

Run ``REPODOJO_CLONES=FOLDER kedro run --env clones --pipelines=env_build`` and then, with the same
variables, ``python tests/benchmarks/bench_validation.py [CHECKPOINT] [--most N]``; the checkpoint that
`make bench` names is not used. It takes what that run found and built, and validates at most ``N`` of the
instances again, from nothing: test runs that were kept do not count. The ratio is

    wall seconds / (seconds of all test processes, from start to end, added up / 2)

where a test process is a Python that runs pytest on an instance's test files: with and without the gold patch
in each repeat, where a file cannot be imported once more before both, and for the grader. All else is
overhead: files, wheels, sandboxes, patches, and the end, when one worker has nothing left to do.

Beside it stands the ratio without the build of each instance's own wheel, which is what an installation
from its sources at its base commit is elsewhere. With a test process of a second, what an instance costs
beside its tests shows; with longer ones it vanishes.

It prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import yaml
from finished import DATA, read_results
from printing import print_table

from repodojo.datasets.clones import ClonesDataset
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.recipes.environment_records import CloneEnvironment
from repodojo.environments.sandbox import ExecResult, SandboxSpec
from repodojo.environments.supervised_sandbox import SupervisedSandbox
from repodojo.environments.workshop import Workshop
from repodojo.instances.mining.records import MinedValidation
from repodojo.instances.mining.rows import CloneRows
from repodojo.instances.settings import EnvBuildSettings
from repodojo.pipelines.env_build.clone_nodes import plan_clone_validations

CONF = Path(__file__).parents[2] / "conf" / "base"
WORKERS = 2
_KINDS = {"referee.py": "test_s", "build_wheel.py": "wheel_s", "git apply": "patch_s"}
"""What a command is for, by what it holds."""


class Metered:
    """A sandbox that adds up the seconds of its commands."""

    def __init__(self, inner: SupervisedSandbox, seconds: Counter[str]) -> None:
        self.read, self.write, self.diff = inner.read, inner.write, inner.diff
        self._inner, self._seconds = inner, seconds

    def run(self, command: str, timeout_s: float) -> ExecResult:
        """Run a command."""
        return self._note(command, self._inner.run(command, timeout_s))

    def run_python(self, path: str, timeout_s: float) -> ExecResult:
        """Run a Python file."""
        return self._note(path, self._inner.run_python(path, timeout_s))

    def _note(self, command: str, result: ExecResult) -> ExecResult:
        kind = next((kind for text, kind in _KINDS.items() if text in command), "other_s")
        self._seconds[kind] += result.duration_s
        self._seconds["test_processes"] += kind == "test_s"
        return result


class MeteredSandboxes(NamespaceSandboxes):
    """A backend that adds up the seconds of starts and commands; of several threads, together."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: Counter[str] = Counter()
        self._guard = threading.Lock()

    @contextmanager
    def start(self, spec: SandboxSpec) -> Iterator[Metered]:  # type: ignore[override]
        """Start a sandbox."""
        seconds: Counter[str] = Counter()
        started = time.perf_counter()
        with super().start(spec) as sandbox:
            seconds["start_s"] += time.perf_counter() - started
            yield Metered(sandbox, seconds)
        with self._guard:
            self.seconds += seconds


def shared_folders(data: Path, root: Path) -> Path:
    """Make a folder of environments that shares what was built, and holds nothing that validation makes."""
    built = (data / "02_intermediate" / "environments").absolute()
    for folder in (*built.glob("packages*"), *built.glob("wheels-*"), *built.glob("interpreters")):
        (root / folder.name).symlink_to(folder)
    return root


def measure(data: Path, clones: str, most: int, root: Path) -> dict[str, dict[str, object]]:
    """Validate valid rows again, with two workers."""
    proven = read_results(data, "clone_validations", MinedValidation)
    valid = [name for name, each in proven.items() if each.instance is not None][:most]
    if not valid:
        return {}
    environments = shared_folders(data, root)
    sandboxes = MeteredSandboxes()
    settings = EnvBuildSettings.model_validate(
        yaml.safe_load((CONF / "parameters_env_build.yml").read_text())["env_build"]
    )
    plan = plan_clone_validations(
        read_results(data, "clone_rows", CloneRows),
        read_results(data, "clone_environments", CloneEnvironment),
        ClonesDataset(path=clones, recipes=str(CONF / "recipes")).load(),
        settings,
        Workshop(sandboxes, environments, root / "layers"),
    )
    started = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        again = list(pool.map(lambda name: plan.thunks[name](), valid))
    wall = time.perf_counter() - started
    sandboxes.close()
    seconds = sandboxes.seconds
    pure = seconds["test_s"] / WORKERS
    return {
        "validation": {
            "instances": len(valid),
            "valid_again": sum(each.stage == "valid" for each in again),
            "wall_s": round(wall, 2),
            "tests_alone_s": round(pure, 2),
            "ratio": round(wall / pure, 3),
            "without_wheels": round((wall - seconds["wheel_s"] / WORKERS) / pure, 3),
        },
        "of both workers": {name: round(value, 2) for name, value in sorted(seconds.items())},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--most", type=int, default=20)
    given = parser.parse_args()
    data, clones = Path(os.environ.get("REPODOJO_DATA", DATA)), os.environ.get("REPODOJO_CLONES", "")
    with tempfile.TemporaryDirectory() as folder:
        table = measure(data, clones, given.most, Path(folder)) if clones else {}
    if not table:
        sys.stdout.write(f"validation is not measured: {data} holds no valid rows of REPODOJO_CLONES\n")
        return
    print_table(table)


if __name__ == "__main__":
    main()

"""What every test shares: no telemetry, no model hub, repeatable property tests."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

settings.register_profile("repodojo", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("repodojo")


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs, to copy: making its tables takes seconds."""
    from repodojo.tracking.database import create_database

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    assert create_database(f"sqlite:///{path}")
    assert not create_database(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def start_backend() -> Callable[[str], Iterator[object]]:
    """What yields a sandbox backend by name, or skips and says why.

    Names: overlay (what is best here), copy (layers copied), groups (control groups or nothing), rlimits (no
    control groups), docker.
    """
    from repodojo.environments.docker import DockerSandboxes
    from repodojo.environments.namespaces import NamespaceSandboxes
    from repodojo.environments.sandbox import SandboxSpec
    from repodojo.errors import SandboxError

    def start(kind: str) -> Iterator[object]:
        if kind == "docker":
            image = os.environ.get("REPODOJO_DOCKER_IMAGE")
            if not image:
                pytest.skip("REPODOJO_DOCKER_IMAGE names no image; run 'make test-docker'")
            backend = DockerSandboxes(image=image)
        else:
            backend = NamespaceSandboxes(copies_layers=kind == "copy", control_groups=kind != "rlimits")
        try:
            with backend.start(SandboxSpec(layers=())) as sandbox:
                mechanisms = sandbox.mechanisms()
        except SandboxError as error:
            pytest.skip(str(error))
        if kind == "groups" and "cgroup" not in mechanisms["memory"]:
            pytest.skip("no control group that bounds memory may be made here")
        yield backend
        backend.close()

    return start


IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.invalid",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class Repository:
    """A git repository that a test writes commit by commit; each commit is a minute after the one before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.minutes = 0
        root.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        stamp = f"2023-01-01T{self.minutes // 60:02}:{self.minutes % 60:02}:00Z"
        env = {**os.environ, **IDENTITY, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        done = subprocess.run(["git", *arguments], cwd=self.root, env=env, capture_output=True, check=True)
        return done.stdout.decode().strip("\n")

    def commit(self, message: str, files: dict[str, str | bytes] | None = None) -> str:
        for name, content in (files or {}).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.minutes += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str, message: str) -> str:
        self.minutes += 1
        self.git("merge", "--quiet", "--no-ff", "--message", message, branch)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="session")
def new_repository() -> type[Repository]:
    """What starts a git repository in a folder that is not there yet."""
    return Repository


@pytest.fixture(scope="session")
def git() -> Callable[..., str]:
    """What runs git in a folder, as a user of its own, and returns what it prints."""

    def run(folder: Path, *arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    return run


@pytest.fixture(scope="session")
def commit_all(git: Callable[..., str]) -> Callable[[Path], None]:
    """What makes a folder a git repository of one commit."""

    def commit(folder: Path) -> None:
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
            git(folder, *command)

    return commit


collect_ignore = ["projects"]
"""Small projects that the end-to-end test builds instances from; their tests run in sandboxes."""

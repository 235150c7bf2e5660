"""Small records for the metrics' tests."""

from collections.abc import Callable

import pytest

from repodojo.types import Instance, Trajectory, Turn


@pytest.fixture
def trajectory() -> Callable[..., Trajectory]:
    def build(
        instance_id: str = "o__r-1",
        attempt: int = 0,
        *,
        commands: tuple[str | None, ...] = ("ls",),
        patch: str = "diff",
    ) -> Trajectory:
        turns = tuple(Turn(command, 0, 10, 5, "stop", 0.1, 0.1) for command in commands)
        return Trajectory(
            rollout_id=f"{instance_id}.{attempt}",
            instance_id=instance_id,
            policy="scripted",
            scaffold="bash_only",
            attempt=attempt,
            temperature=0.0,
            seed=0,
            messages=(),
            turns=turns,
            model_patch=patch,
            exit_status="Submitted",
        )

    return build


@pytest.fixture
def instance() -> Callable[..., Instance]:
    def build(instance_id: str, repo: str = "o/r") -> Instance:
        return Instance(
            instance_id=instance_id,
            repo=repo,
            version="1",
            base_commit="0",
            problem_statement="",
            patch="",
            test_patch="",
            FAIL_TO_PASS=("t",),
            PASS_TO_PASS=(),
            environment="e",
            test_files=("t.py",),
            split="held_out",
        )

    return build

"""Small records for curation's tests."""

from collections.abc import Callable

import pytest

from repodojo.types import Instance, Message, Trajectory, Turn


@pytest.fixture(scope="session")
def trajectory() -> Callable[..., Trajectory]:
    """Build a trajectory; messages differ between attempts unless given."""

    def build(
        instance_id: str, attempt: int = 0, *, turns: int = 1, text: str = "", policy: str = "teacher"
    ) -> Trajectory:
        turn = Turn("ls", 0, 10, 5, "stop", 0.1, 0.1)
        return Trajectory(
            rollout_id=f"{instance_id}.{attempt}",
            instance_id=instance_id,
            policy=policy,
            scaffold="bash_only",
            attempt=attempt,
            temperature=0.0,
            seed=0,
            messages=(Message("user", text or f"attempt {attempt}"),),
            turns=(turn,) * turns,
            model_patch="diff",
            exit_status="Submitted",
        )

    return build


@pytest.fixture(scope="session")
def instance() -> Callable[..., Instance]:
    """Build an instance."""

    def build(instance_id: str, repo: str = "o/r", split: str = "train") -> Instance:
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
            split=split,
        )

    return build

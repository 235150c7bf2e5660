"""Small records for the metrics' tests."""

from collections.abc import Callable

import pytest

from repodojo.types import Trajectory, Turn


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

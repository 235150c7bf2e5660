"""Small records for the verifier's tests."""

from collections.abc import Callable, Sequence

import pytest

from repodojo.types import Instance, Message, Outcome, Trajectory, Turn, Verdict
from repodojo.verifier.features import AttemptFeatures
from repodojo.verifier.rows import Attempt

PATCH = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -3,2 +3,2 @@ def f():\n a = 1\n-b = 2\n+b = 3\n"


@pytest.fixture
def patch() -> str:
    return PATCH


@pytest.fixture
def trajectory() -> Callable[..., Trajectory]:
    def build(
        instance_id: str = "o__r-1",
        attempt: int = 0,
        *,
        policy: str = "p",
        patch: str = PATCH,
        commands: Sequence[tuple[str | None, int | None]] = (("ls", 0),),
        messages: Sequence[Message] = (Message("user", "the issue"),),
    ) -> Trajectory:
        turns = tuple(Turn(command, code, 10, 5, "stop", 0.1, 0.1) for command, code in commands)
        key = f"{instance_id}.{attempt}"
        return Trajectory(
            *(key, instance_id, policy, "bash_only", attempt, 0.0, 0),
            tuple(messages),
            turns,
            patch,
            "Submitted",
        )

    return build


@pytest.fixture
def instance() -> Callable[..., Instance]:
    def build(name: str, repo: str = "o/r", split: str = "train") -> Instance:
        return Instance(
            *(name, repo, "1", "0", "", "", "", ("new",), ("old", "older"), "e", ("t.py",)), split=split
        )

    return build


@pytest.fixture
def made(trajectory: Callable[..., Trajectory]) -> Callable[..., list[Attempt]]:
    """Build resolved and unresolved attempts, each at an instance of its own unless told otherwise."""

    def build(policy: str, resolved: int, unresolved: int, *, instances: int = 0) -> list[Attempt]:
        outcomes: list[Outcome] = ["resolved"] * resolved + ["unresolved"] * unresolved
        attempts = []
        for number, outcome in enumerate(outcomes):
            name = f"i{number % instances if instances else number}"
            each = trajectory(name, number, policy=policy)
            attempts.append(Attempt(each, Verdict(each.rollout_id, name, outcome, "tests")))
        return attempts

    return build


@pytest.fixture
def features() -> Callable[..., AttemptFeatures]:
    def build(
        name: str,
        attempt: int,
        outcome: Outcome,
        score: float | None,
        *,
        repo: str = "o/r",
        split: str = "train",
    ) -> AttemptFeatures:
        plain = dict.fromkeys(
            (
                *("turns", "log_characters", "submitted", "last_command_passed", "malformed_share"),
                *("failed_share", "stuck", "empty_patch", "log_changed_lines", "files"),
            ),
            1.0,
        ) | {"turns": 2.0 if outcome == "resolved" else 5.0 + attempt}
        key = f"{name}.{attempt}"
        agreement = 0.8 if outcome == "resolved" else 0.1
        return AttemptFeatures(
            *(key, "p", name, repo, split, attempt, outcome, score, agreement), regression=None, plain=plain
        )

    return build

"""The teacher at work on a real repository in a real sandbox."""

from collections.abc import Callable

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.policies.repair import RepairPolicy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, RolloutLimits, run_rollout
from repodojo.scaffolds.bash_only import BashOnly
from repodojo.types import Instance, Trajectory

Teach = Callable[..., Trajectory]


@pytest.fixture
def teach(
    sandboxes: NamespaceSandboxes,
    spec: Callable[[Instance], SandboxSpec],
    make_instance: Callable[[str], Instance],
    write_issue: Callable[[str, str, str, str], str],
) -> Teach:
    def act(
        name: str, call: str, actual: str, expected: str, attempt: int = 0, turns: int = 12
    ) -> Trajectory:
        instance = make_instance(write_issue(name, call, actual, expected))
        context = RolloutContext(sandboxes, spec, RepairPolicy(), BashOnly(), RolloutLimits(turns=turns))
        return run_rollout(instance, plan_rollouts([instance.instance_id], 3)[attempt], context)

    return act


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_repairs_a_bug_that_one_edit_undoes(teach: Teach, attempt: int) -> None:
    made = teach("clamp", "clamp(1, 0, 3)", "3", "1", attempt)
    assert made.exit_status == "Submitted"
    assert "-    return max(value, high)\n+    return min(value, high)" in made.model_patch
    assert made.model_patch.count("\n+") == 2
    assert made.messages[-2].content == "1\nas expected"


def test_gives_up_on_a_bug_beyond_its_operators(teach: Teach) -> None:
    made = teach("label", "label(1)", "'yess'", "'yes'", turns=60)
    assert made.exit_status == "Submitted"
    assert "as expected" not in made.messages[-2].content
    commands = [turn.command for turn in made.turns]
    assert len(commands) == len(set(commands))
    assert len(commands) < 30


def test_leaves_its_last_edit_at_the_turn_limit(teach: Teach) -> None:
    made = teach("label", "label(1)", "'yess'", "'yes'", turns=2)
    assert made.exit_status == "LimitsExceeded"
    assert made.model_patch.count("\n+") == 2
    assert made.messages[-1].role == "user"

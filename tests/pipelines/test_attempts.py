"""What decides a rollout by itself: more attempts or instances leave those that are there as they are."""

from dataclasses import replace

import pytest
from tests.grading import tiny_project

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.workshop import Workshop
from repodojo.pipelines.attempts import plan_attempts
from repodojo.policies.repair import RepairPolicy
from repodojo.rollouts.settings import RolloutSettings


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    project = tiny_project.build(root)
    workshop = Workshop(NamespaceSandboxes(), project.environments, root / "layers")

    def plan(instances=(project.instance,), **settings):
        made = plan_attempts(list(instances), None, RepairPolicy(), workshop, RolloutSettings(**settings))
        assert made.parts.keys() == made.thunks.keys()
        return made.parts

    plan.instance = project.instance
    return plan


def test_more_attempts_and_instances_leave_the_first_rollouts(parts):
    other = replace(parts.instance, instance_id="acme__calc-other")
    assert parts(attempts=2).items() <= parts(attempts=3).items()
    assert parts(attempts=2).items() <= parts([parts.instance, other], attempts=2).items()


@pytest.mark.parametrize(
    "changed", [{"seed": 1}, {"turns": 3}, {"temperatures": (0.3,)}, {"first_temperature": 0.1}]
)
def test_what_decides_a_rollout_is_in_its_part(parts, changed):
    before, after = parts(attempts=2), parts(attempts=2, **changed)
    assert before != after
    if changed == {"temperatures": (0.3,)}:
        assert before["acme__calc-clamp.0"] == after["acme__calc-clamp.0"]


def test_another_issue_text_makes_another_part(parts):
    other = replace(parts.instance, problem_statement="clamp is off")
    assert parts(attempts=1) != parts([other], attempts=1)

"""Nodes of the pipeline `sampling`."""

from repodojo.datasets.plan import Plan
from repodojo.environments.workshop import Workshop
from repodojo.pipelines.attempts import plan_attempts
from repodojo.policies.policy import Policy
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Instance


def plan_teacher(
    instances: list[Instance], teacher: Policy, workshop: Workshop, sampling: RolloutSettings
) -> Plan:
    """Plan the teacher's rollouts on the training instances."""
    return plan_attempts(instances, "train", teacher, workshop, sampling)

"""Nodes of the pipeline `candidate`."""

from pathlib import Path

from repodojo.datasets.handles import Engines
from repodojo.datasets.plan import Plan
from repodojo.environments.workshop import Workshop
from repodojo.pipelines.attempts import plan_attempts
from repodojo.policies.policy import Policy
from repodojo.rollouts.candidate import CandidateSettings
from repodojo.training.trained_on import refuse_trained_on
from repodojo.types import Instance


def plan_candidate(
    instances: list[Instance],
    candidate: Path | Policy,
    engines: Engines,
    workshop: Workshop,
    settings: CandidateSettings,
) -> Plan:
    """Plan the candidate's rollouts, after checking that a checkpoint did not learn from the instances."""
    asked = settings.choose(instances)
    if isinstance(candidate, Path):
        refuse_trained_on(asked, candidate)
    policy = engines.policy(candidate, "candidate") if isinstance(candidate, Path) else candidate
    return plan_attempts(asked, None, policy, workshop, settings.rollouts)

"""The shape that every policy's attempts have: rollouts, then verdicts, under the policy's namespace."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from kedro.pipeline import Node, Pipeline

from repodojo.datasets.handles import Engines
from repodojo.datasets.plan import Plan, digest
from repodojo.environments.workshop import Workshop
from repodojo.grading.run import GRADER_VERSION
from repodojo.grading.settings import GradingSettings
from repodojo.grading.store import VerdictStore, grade_trajectory
from repodojo.policies.policy import Policy
from repodojo.policies.timed import TimedPolicy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.resume import within_budget, within_its_budget
from repodojo.rollouts.run import RolloutContext, give_up_rollout, run_rollout
from repodojo.rollouts.settings import RolloutSettings
from repodojo.scaffolds.choice import check_fits
from repodojo.training.trained_on import refuse_trained_on
from repodojo.types import Instance, Split, Trajectory, to_json


def plan_attempts(
    instances: list[Instance],
    split: Split | None,
    policy: Policy,
    workshop: Workshop,
    settings: RolloutSettings,
) -> Plan:
    """Plan the rollouts of a policy on the instances of a split, or on all."""
    chosen = {i.instance_id: i for i in instances if split in (None, i.split)}
    scaffold = settings.make_scaffold()
    check_fits(policy.name, scaffold)
    timed = TimedPolicy(policy)
    context = RolloutContext(workshop.sandboxes, workshop.spec, timed, scaffold, settings.limits())
    context, resume = within_budget(context, settings.budget)
    plans = plan_rollouts(
        chosen, settings.attempts, settings.seed, settings.first_temperature, settings.temperatures
    )
    arguments = {p.rollout_id: (chosen[p.instance_id], p, context) for p in plans}
    shared = {"base": workshop.base, "policy": policy.fingerprint, "scaffold": scaffold.fingerprint}
    each_by_itself = {**shared, "settings": settings.identity_of_one(), "policy_name": policy.name}
    digests = {name: digest(to_json(instance)) for name, instance in chosen.items()}
    return Plan(
        thunks={key: partial(run_rollout, *each) for key, each in arguments.items()},
        fingerprint={
            "instances": digest([to_json(chosen[key]) for key in sorted(chosen)]),
            **shared,
            "settings": settings.identity(),
        },
        parts={
            p.rollout_id: {**each_by_itself, "instance": digests[p.instance_id], "plan": asdict(p)}
            for p in plans
        },
        shareable=within_its_budget,
        resume=resume,
        give_up=lambda key, why: give_up_rollout(*arguments[key], why),
        latency=timed.latency,
    )


def plan_verdicts(
    trajectories: dict[str, Trajectory],
    instances: list[Instance],
    workshop: Workshop,
    verdict_store: VerdictStore,
    grading: GradingSettings,
) -> Plan:
    """Plan the grading of every trajectory's patch; equal patches of an instance are graded once."""
    by_id = {instance.instance_id: instance for instance in instances}
    grade = partial(grade_trajectory, workshop=workshop, store=verdict_store, settings=grading)
    return Plan(
        thunks={
            key: partial(grade, trajectory, by_id[trajectory.instance_id])
            for key, trajectory in trajectories.items()
        },
        fingerprint={
            "patches": digest({key: [t.model_patch, t.exit_status] for key, t in trajectories.items()}),
            "instances": digest([to_json(by_id[t.instance_id]) for t in trajectories.values()]),
            "base": workshop.base,
            "grading": {**grading.model_dump(mode="json"), "grader": GRADER_VERSION},
        },
    )


def plan_served_attempts(name: str, split: Split) -> Callable[..., Plan]:
    """Return a node that plans the attempts of a checkpoint's policy, called ``name``, on a split."""

    def plan(
        instances: list[Instance],
        checkpoint: Path,
        engines: Engines,
        workshop: Workshop,
        settings: RolloutSettings,
    ) -> Plan:
        if split == "held_out":
            refuse_trained_on((i for i in instances if i.split == split), checkpoint)
        return plan_attempts(instances, split, engines.policy(checkpoint, name), workshop, settings)

    plan.__name__ = f"plan_{name}"
    return plan


def served_attempts_pipeline(name: str, split: Split, checkpoint: str, settings: str) -> Pipeline:
    """Wire the attempts of a checkpoint's policy under the namespace ``name``."""
    inputs = ["instances", checkpoint, "engines", "workshop", f"params:{settings}"]
    return attempts_pipeline(name, plan_served_attempts(name, split), inputs)


def attempts_pipeline(
    namespace: str, plan: Callable[..., Plan], inputs: list[str], instances: str = "instances"
) -> Pipeline:
    """Wire rollouts, planned by ``plan`` from ``inputs``, and their verdicts under a namespace."""
    graded = ["trajectories", instances, "workshop", "verdict_store", "params:grading"]
    attempts = [
        Node(func=plan, inputs=inputs, outputs="trajectories", name="run_rollouts"),
        Node(func=plan_verdicts, inputs=graded, outputs="verdicts", name="grade_trajectories"),
    ]
    shared = {name for name in (*inputs, *graded) if name != "trajectories"}
    return Pipeline(
        attempts,
        namespace=namespace,
        inputs={name for name in shared if not name.startswith("params:")},
        parameters={name for name in shared if name.startswith("params:")},
        prefix_datasets_with_namespace=True,
    )

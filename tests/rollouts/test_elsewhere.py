"""Rollouts that are sent to another process, as an executor on other machines does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cloudpickle
import pytest

from repodojo.environments.docker import DockerSandboxes
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.policies.openai_api import OpenAIPolicy
from repodojo.policies.repair import RepairPolicy
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.policies.timed import TimedPolicy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, run_rollout
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Instance, Trajectory, from_json

BLOCK = "```bash\n{}\n```"
ANSWERS = (
    BLOCK.format("sed -i 's/max(value/min(value/' tools/numbers.py"),
    BLOCK.format("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"),
)
RUN = """
import json, pickle, sys
from repodojo.types import to_json
print(json.dumps([to_json(thunk()) for thunk in pickle.load(sys.stdin.buffer)]))
"""
RUN_ON_RAY = """
import json, os, pickle, sys
import ray
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.types import to_json
ray.init(num_cpus=1, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False)
dataset = ResumablePartitionedDataset(path=sys.argv[1], record="repodojo.types.Trajectory", max_workers=2,
                                      executor="ray", ray={"num_cpus": 0.5, "memory_gib": 0.1})
dataset.save(Plan({str(at): each for at, each in enumerate(pickle.load(sys.stdin.buffer))}, {}))
print(json.dumps([to_json(each) for each in dataset.load().values()]))
"""


@pytest.fixture
def sent(
    sandboxes: NamespaceSandboxes,
    spec: Callable[[Instance], SandboxSpec],
    make_instance: Callable[[str], Instance],
) -> bytes:
    """Two rollouts, as they are sent."""
    instance = make_instance("It breaks.")
    policy = TimedPolicy(ScriptedPolicy({"It breaks.": [ANSWERS]}))
    context = RolloutContext(sandboxes, spec, policy, RolloutSettings().make_scaffold())
    plans = plan_rollouts([instance.instance_id], 2)
    return cloudpickle.dumps([partial(run_rollout, instance, plan, context) for plan in plans])


def run(script: str, sent: bytes, *arguments: str) -> list[Trajectory]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RAY_USAGE_STATS_ENABLED": "0"}
    made = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=sent,
        check=False,
        capture_output=True,
        env={**environment, "RAY_AUTH_MODE": "disabled"},
    )
    assert made.returncode == 0, made.stderr.decode()[-3000:]
    return [from_json(Trajectory, row) for row in json.loads(made.stdout.splitlines()[-1])]


def test_a_rollout_runs_in_another_process(sent: bytes) -> None:
    check(run(RUN, sent))


def test_a_rollout_runs_as_a_task_of_ray(sent: bytes, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'repodojo[ray]'")
    check(run(RUN_ON_RAY, sent, str(tmp_path)))


def check(trajectories: list[Trajectory]) -> None:
    assert len(trajectories) == 2
    for trajectory in trajectories:
        assert trajectory.exit_status == "Submitted"
        assert "+    return min(value, high)" in trajectory.model_patch


@pytest.mark.parametrize("scaffold", ["bash_only", "openhands", "moatless"])
@pytest.mark.parametrize("policy", [OpenAIPolicy("m", ["http://host/v1"]), RepairPolicy()])
def test_every_scaffold_and_policy_of_an_address_can_be_sent(
    scaffold: str, policy: OpenAIPolicy | RepairPolicy, make_instance: Callable[[str], Instance]
) -> None:
    settings = RolloutSettings.model_validate({"scaffold": {"name": scaffold}})
    context = RolloutContext(
        DockerSandboxes(image="small"), SandboxSpec, TimedPolicy(policy), settings.make_scaffold()
    )
    sent = cloudpickle.loads(cloudpickle.dumps(partial(run_rollout, make_instance("x"), context=context)))
    assert sent.keywords["context"].scaffold.fingerprint == context.scaffold.fingerprint
    assert sent.keywords["context"].policy.name == policy.name


def test_a_process_has_one_backend_of_the_same_settings(sandboxes: NamespaceSandboxes) -> None:
    first, second = (cloudpickle.loads(cloudpickle.dumps(sandboxes)) for _ in range(2))
    assert first is second
    assert first is not sandboxes
    other = cloudpickle.loads(cloudpickle.dumps(NamespaceSandboxes(copies_layers=True)))
    assert other is not first
    assert other._copies_layers
    first.close()

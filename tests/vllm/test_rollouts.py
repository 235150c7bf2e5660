"""Rollouts in real sandboxes and verifier scores: the real server gives what the local engine gives."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import SandboxError
from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.policy import Policy
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.policies.vllm_server import VLLMSettings, served_policy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, run_rollout
from repodojo.scaffolds.bash_only.scaffold import BashOnly
from repodojo.types import Instance, Trajectory, to_json
from repodojo.verifier.score import score_trajectories
from repodojo.verifier.settings import VerifierSettings

pytestmark = pytest.mark.vllm

SCRIPT = Path(__file__).with_name("memorised_checkpoint.py")
MODULE = "def clamp(value, low, high):\n    return max(value, high)\n"
ANSWERS = [
    "```bash\ngrep -n -A 3 'def clamp(' numbers.py\n```",
    "```bash\nsed -i '2s/max/min/' numbers.py; cat numbers.py\n```",
    "```bash\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n```",
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    (folder / "numbers.py").write_text(MODULE)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def rollout(repository: Path) -> Iterator[Callable[[Policy], Trajectory]]:
    backend = NamespaceSandboxes()
    try:
        backend.check_support()
    except SandboxError as error:
        pytest.skip(str(error))
    head = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    commit = subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()
    instance = Instance("o__n-1", "o/n", "1", commit, "clamp(9, 0, 5) is 9.", "", "", (), (), "n-1", ())
    spec = SandboxSpec(layers=(repository,))

    def run(policy: Policy) -> Trajectory:
        context = RolloutContext(backend, lambda _: spec, policy, BashOnly())
        return run_rollout(instance, plan_rollouts([instance.instance_id], 1)[0], context)

    yield run
    backend.close()


@pytest.fixture(scope="module")
def scripted(rollout: Callable[[Policy], Trajectory]) -> Trajectory:
    return rollout(ScriptedPolicy({"clamp": [ANSWERS]}))


@pytest.fixture(scope="module")
def student(scripted: Trajectory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that has learnt the scripted rollout by heart."""
    folder = tmp_path_factory.mktemp("student")
    messages = folder / "messages.json"
    messages.write_text(json.dumps([to_json(message) for message in scripted.messages]))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(SCRIPT), str(messages), str(folder / "checkpoint")]
    subprocess.run(command, check=True, env=environment)
    return folder / "checkpoint"


def test_rollouts_and_scores_are_those_of_the_local_engine(
    vllm_python: str,
    settings: VLLMSettings,
    rollout: Callable[[Policy], Trajectory],
    scripted: Trajectory,
    student: Path,
):
    wide = settings.model_copy(update={"max_model_len": 4096, "lora_modules": {}})
    with LocalEngine(student, "student") as engine, served_policy(wide, student, "student") as served:
        here, there = rollout(engine), rollout(served)
        asked = [here, replace(here, rollout_id="other", messages=here.messages[:3])]
        scores = [score_trajectories(asked, scorer, VerifierSettings()) for scorer in (engine, served)]
    assert here.exit_status == there.exit_status == scripted.exit_status == "Submitted"
    assert here.messages == there.messages == scripted.messages
    assert here.model_patch == there.model_patch == scripted.model_patch != ""
    assert [turn.completion_tokens for turn in here.turns] == [turn.completion_tokens for turn in there.turns]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
    assert None not in scores[0].values()

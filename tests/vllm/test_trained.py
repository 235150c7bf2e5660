"""A saved checkpoint, reloaded and served by vLLM, answers as the model that was trained."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from repodojo.policies.policy import SamplingParameters
from repodojo.policies.vllm_server import VLLMSettings, served_policy
from repodojo.types import Message

pytestmark = pytest.mark.vllm

SCRIPT = Path(__file__).parents[1] / "training" / "trained_checkpoint.py"
GREEDY = SamplingParameters(temperature=0.0, max_tokens=24)


@pytest.fixture(scope="module")
def trained(vllm_python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True, env=environment)
    return folder


@pytest.mark.parametrize("way", ["full", "merged", "adapter"])
def test_vllm_answers_as_the_model_in_training(trained: Path, way: str, cpu_settings: VLLMSettings) -> None:
    rows = json.loads((trained / "expected.json").read_text())[way]
    with served_policy(cpu_settings, trained / way) as policy:
        asked = [[Message(each["role"], each["content"]) for each in row["messages"]] for row in rows]
        answers = [policy.complete(messages, GREEDY).text for messages in asked]
    # vLLM keeps a character back of which the last token is a part.
    assert [text.rstrip("\ufffd") for text in answers] == [row["answer"].rstrip("\ufffd") for row in rows]

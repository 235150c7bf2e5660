"""A saved checkpoint, reloaded and served, answers as the model that was trained."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.policy import SamplingParameters
from repodojo.types import Message

SCRIPT = Path(__file__).with_name("trained_checkpoint.py")
GREEDY = SamplingParameters(temperature=0.0, max_tokens=24)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True, env=environment)
    return folder


@pytest.mark.parametrize("way", ["full", "merged", "adapter"])
def test_the_engine_answers_as_the_model_in_training(trained: Path, way: str) -> None:
    rows = json.loads((trained / "expected.json").read_text())[way]
    with LocalEngine(trained / way) as engine:
        asked = [[Message(each["role"], each["content"]) for each in row["messages"]] for row in rows]
        answers = [engine.complete(messages, GREEDY).text for messages in asked]
    assert answers == [row["answer"] for row in rows]
    assert len(set(answers)) > 1

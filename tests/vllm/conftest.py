import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.openai_api import OpenAIPolicy
from repodojo.policies.vllm_server import VLLMSettings, served_policy

SCRIPT = Path(__file__).parents[1] / "policies" / "reference_checkpoint.py"
VARIABLE = "REPODOJO_VLLM_PYTHON"


class Reference(NamedTuple):
    """A tiny checkpoint, an adapter on it, and what plain transformers makes of both."""

    checkpoint: Path
    adapter: Path
    expected: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def vllm_python() -> str:
    python = os.environ.get(VARIABLE, "")
    if not python:
        pytest.skip(f"{VARIABLE} names no interpreter with vLLM; `make test-vllm` makes one")
    return python


@pytest.fixture(scope="session")
def reference(vllm_python: str, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    folder = tmp_path_factory.mktemp("reference")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True, env=environment)
    expected = json.loads((folder / "expected.json").read_text())
    return Reference(folder / "checkpoint", folder / "adapter", expected)


@pytest.fixture(scope="session")
def cpu_settings(vllm_python: str) -> VLLMSettings:
    """For the unofficial CPU build, whose command, memory check and thread binding need going round."""
    return VLLMSettings(
        command=(vllm_python, "-m", "vllm.entrypoints.openai.api_server"),
        dtype="float32",
        max_model_len=1024,
        max_num_seqs=32,
        gpu_memory_utilization=0.2,
        extra_args=(
            "--enforce-eager",
            # A part of a prompt with a seed ends vLLM 0.32's engine: "CPU Generator does not use offset".
            *("--distributed-executor-backend", "uni", "--no-enable-chunked-prefill"),
        ),
        environment={
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        },
    )


@pytest.fixture(scope="session")
def settings(cpu_settings: VLLMSettings, reference: Reference) -> VLLMSettings:
    """With an adapter."""
    changed = {
        "lora_modules": {"adapted": str(reference.adapter)},
        "extra_args": (*cpu_settings.extra_args, "--max-lora-rank", "8"),
    }
    return cpu_settings.model_copy(update=changed)


@pytest.fixture(scope="session")
def served(settings: VLLMSettings, reference: Reference) -> Iterator[OpenAIPolicy]:
    with served_policy(settings, reference.checkpoint, "tiny") as policy:
        yield policy


@pytest.fixture(scope="session")
def engine(reference: Reference) -> Iterator[LocalEngine]:
    with LocalEngine(reference.checkpoint) as running:
        yield running

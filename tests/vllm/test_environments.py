"""The environments of large models, each with the small one and a CPU in the place of what it names."""

from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from repodojo.datasets.serving import architecture_of, find_launches
from repodojo.policies.policy import SamplingParameters
from repodojo.policies.vllm_server import VLLMSettings, served_policy
from repodojo.settings import CONFIG_LOADER_ARGS
from repodojo.types import Message

ROOT = Path(__file__).parents[2]
MODELS = {"qwen7b": "7B", "qwen14b": "14B", "qwen32b": "32B"}
SMALL = ROOT / "src/repodojo/base_model/weights/medium"
OF_THE_CPU = ("command", "dtype", "max_model_len", "gpu_memory_utilization", "extra_args", "environment")

pytestmark = pytest.mark.vllm


@pytest.mark.parametrize("environment", MODELS)
def test_an_environment_serves_the_small_model_in_place_of_its_own(
    environment: str,
    cpu_settings: VLLMSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / f"Qwen2.5-Coder-{MODELS[environment]}-Instruct").symlink_to(SMALL)
    monkeypatch.setenv("REPODOJO_MODELS", str(tmp_path))
    loader = OmegaConfigLoader(str(ROOT / "conf"), env=environment, **CONFIG_LOADER_ARGS)
    (launch,) = [each for each in find_launches(loader["catalog"]) if each.entry == "teacher"]
    assert architecture_of(launch.checkpoint) is not None
    changed = {name: getattr(cpu_settings, name) for name in OF_THE_CPU}
    on_cpu = launch.settings.model_copy(update={**changed, "tensor_parallel_size": 1, "max_num_seqs": 8})
    with served_policy(on_cpu, launch.checkpoint) as policy:
        assert policy.name == launch.checkpoint.name
        answer = policy.complete([Message("user", "hello")], SamplingParameters(max_tokens=4))
    assert answer.completion_tokens > 0
    assert answer.prompt_tokens > 0

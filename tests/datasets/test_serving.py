"""`kedro dry-run` in each environment, and what it says of entries that are wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.served_policy import ServedPolicyDataset
from repodojo.datasets.serving import describe_launches, find_launches, serving_facts
from repodojo.errors import InputError
from repodojo.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = {"qwen7b": ("7B", 1), "qwen14b": ("14B", 2), "qwen32b": ("32B", 4)}
DRY_RUN = """
import json, os, sys
from pathlib import Path
from types import SimpleNamespace
from click.testing import CliRunner
from kedro.framework.project import configure_project
configure_project("repodojo")
from repodojo.cli import cli
told = {}
for name in sys.argv[2:]:
    place = SimpleNamespace(project_path=Path(sys.argv[1]))
    result = CliRunner().invoke(cli, ["dry-run", "--env", name], obj=place)
    told[name] = [result.exit_code, result.output]
told["heavy"] = sorted({"torch", "vllm", "transformers", "mlflow"} & sys.modules.keys())
told["children"] = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the command prints in each environment, in one process."""
    names = [*ENVIRONMENTS, "local", "qwen7"]
    run = subprocess.run(
        [sys.executable, "-c", DRY_RUN, str(ROOT), *names], check=True, capture_output=True, text=True
    )
    return json.loads(run.stdout)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_command_and_the_memory_are_printed(environment: str, told: dict[str, Any]) -> None:
    size, gpus = ENVIRONMENTS[environment]
    code, text = told[environment]
    assert code == 0, text
    name = f"Qwen2.5-Coder-{size}-Instruct"
    assert text.startswith("engines, teacher: served by\n")
    assert (
        f"vllm serve {ROOT}/models/{name} --served-model-name {name} --host 127.0.0.1 --port 8000"
        f" --dtype auto --tensor-parallel-size {gpus} --max-num-seqs 64 --max-model-len 32768"
        " --gpu-memory-utilization 0.9 --enable-prefix-caching\n"
    ) in text
    assert f"  {gpus} x H100 80 GB: 1 copy of the model on {gpus} each\n" in text
    assert "a conversation of 32,768 tokens" in text
    assert "64 of them at once: " in text
    assert "not even one" not in text


def test_nothing_heavy_is_imported_and_nothing_is_started(told: dict[str, Any]) -> None:
    assert told["heavy"] == []
    assert told["children"] == ""


def test_an_environment_without_a_server_is_told_so(told: dict[str, Any]) -> None:
    code, text = told["local"]
    assert code == 1
    assert "Error: environment 'local': vLLM serves nothing in it" in text
    code, text = told["qwen7"]
    assert code == 1
    assert "Error: environment 'qwen7' has no folder" in text


def test_sizes_come_from_a_folder_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = json.loads((ROOT / "src/repodojo/base_model/weights/medium/config.json").read_text())
    folder = tmp_path / "Qwen2.5-Coder-7B-Instruct"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(small))
    monkeypatch.setenv("REPODOJO_MODELS", str(tmp_path))
    loader = OmegaConfigLoader(str(ROOT / "conf"), env="qwen7b", **CONFIG_LOADER_ARGS)
    text = "\n".join(describe_launches(find_launches(loader["catalog"]), serving_facts(loader, "qwen7b")))
    assert f"vllm serve {folder} " in text
    assert "not there yet" not in text
    assert "7,615,616,512" not in text
    (folder / "config.json").write_text(json.dumps({**small, "model_type": "llama"}))
    with pytest.raises(InputError, match=r"config.json: no estimate of its memory: 'model_type'.*'llama'"):
        list(describe_launches(find_launches(loader["catalog"]), serving_facts(loader, "qwen7b")))


def test_an_environment_that_serves_without_facts_is_told_where_they_go() -> None:
    loader = OmegaConfigLoader(str(ROOT / "conf"), env="openhands_7b", **CONFIG_LOADER_ARGS)
    with pytest.raises(InputError, match=r"openhands_7b/serving.yml: expected the sizes of the model"):
        serving_facts(loader, "openhands_7b")


def test_a_wrong_setting_is_named_before_anything_starts(tmp_path: Path) -> None:
    dataset = ServedPolicyDataset(filepath=str(tmp_path), kind="vllm", operation={"tensor_parallel_size": 0})
    with pytest.raises(InputDatasetError, match=r"'tensor_parallel_size': .*found 0"):
        dataset.vllm_settings()


def test_a_served_policy_is_known_by_its_files_and_settings(tmp_path: Path) -> None:
    def make(operation: dict[str, Any], **settings: Any) -> ServedPolicyDataset:
        return ServedPolicyDataset(
            filepath=str(tmp_path / "small"), kind="vllm", settings=settings, operation=operation
        )

    with pytest.raises(InputDatasetError, match="is missing or empty"):
        make({}).load()
    (tmp_path / "small").mkdir()
    (tmp_path / "small/config.json").write_text("{}")
    policy = make({"tensor_parallel_size": 2}).load()
    assert policy.name == "small"
    assert policy.fingerprint == make({}).load().fingerprint
    assert policy.fingerprint != make({}, dtype="float32").load().fingerprint
    before = make({}).identity()
    (tmp_path / "small/config.json").write_text('{"other": 1}')
    assert make({}).identity() != before

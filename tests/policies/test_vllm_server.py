import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from pydantic import ValidationError

from repodojo.errors import PolicyError
from repodojo.policies.vllm_command import VLLMSettings, launch_command
from repodojo.policies.vllm_server import serve, served_policy

STAND_IN = """
import http.server, json, os, subprocess, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = {"pid": os.getpid(), "child": helper.pid, "argv": sys.argv, "variable": os.environ.get("V")}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

if "--die" in sys.argv:
    sys.exit("CUDA out of memory")
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
port = int(sys.argv[sys.argv.index("--port") + 1])
if "--sleep" not in sys.argv:
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> VLLMSettings:
    """A small HTTP server with a helper process in vLLM's place; the real one is tried by tests/vllm."""
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    return VLLMSettings(command=(sys.executable, str(script)), environment={"V": "7"}, start_timeout_s=20)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "student"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    return folder


def test_the_command_on_a_gpu():
    settings = VLLMSettings(
        dtype="bfloat16",
        tensor_parallel_size=4,
        max_model_len=32_768,
        gpu_memory_utilization=0.9,
        lora_modules={"student": "/adapters/student"},
        extra_args=("--max-lora-rank", "64"),
    )
    command = launch_command(settings, "Qwen/Qwen2.5-Coder-7B-Instruct", "qwen7b", 8000)
    assert " ".join(command) == (
        "vllm serve Qwen/Qwen2.5-Coder-7B-Instruct --served-model-name qwen7b --host 127.0.0.1 --port 8000"
        " --dtype bfloat16 --tensor-parallel-size 4 --max-model-len 32768 --gpu-memory-utilization 0.9"
        " --enable-lora --lora-modules student=/adapters/student --max-lora-rank 64"
    )


def test_the_command_of_another_interpreter():
    module = "vllm.entrypoints.openai.api_server"
    settings = VLLMSettings(command=("/venv/bin/python", "-m", module))
    command = launch_command(settings, "/checkpoints/student", "student", 8000, "/tokenizer")
    assert " ".join(command) == (
        f"/venv/bin/python -m {module} --model /checkpoints/student --tokenizer /tokenizer"
        " --served-model-name student --host 127.0.0.1 --port 8000 --dtype auto --tensor-parallel-size 1"
    )


def test_an_unknown_setting_is_an_error():
    with pytest.raises(ValidationError, match="tensor_parallel"):
        VLLMSettings.model_validate({"tensor_parallel": 2})


def test_a_server_answers_inside_and_is_gone_with_its_helpers_outside(
    settings: VLLMSettings, checkpoint: Path
):
    with serve(settings, str(checkpoint), "student") as base_url:
        told = look(base_url)
        assert told["variable"] == "7"
        assert told["argv"][1:3] == ["--model", str(checkpoint)]
        tokenizer = Path(told["argv"][told["argv"].index("--tokenizer") + 1])
        assert sorted(path.name for path in tokenizer.iterdir()) == [
            "tokenizer.json",
            "tokenizer_config.json",
        ]
    wait_until_gone(told["pid"], told["child"])


def test_an_adapter_is_served_on_its_base(settings: VLLMSettings, checkpoint: Path, tmp_path: Path):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    config = {"base_model_name_or_path": str(checkpoint), "r": 24}
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    with served_policy(settings, adapter) as policy:
        assert policy.name == policy.model == "adapter"
        command = " ".join(look(policy.base_urls[0])["argv"][1:])
    assert command.startswith(f"--model {checkpoint} ")
    assert " --served-model-name adapter.base " in command
    assert " --max-lora-rank 32 " in command
    assert command.endswith(f" --enable-lora --lora-modules adapter={adapter}")
    second = tmp_path / "second"
    second.mkdir()
    config["base_model_name_or_path"] = str(adapter)
    (second / "adapter_config.json").write_text(json.dumps(config))
    with (
        pytest.raises(PolicyError, match="vLLM puts one adapter on a checkpoint, found 2 on one another"),
        served_policy(settings, second),
    ):
        pass


def test_a_served_policy_is_known_by_its_checkpoint(settings: VLLMSettings, checkpoint: Path):
    with served_policy(settings, checkpoint) as policy:
        assert policy.name == policy.model == "student"
        first = policy.fingerprint
    (checkpoint / "config.json").write_text('{"other": 1}')
    with served_policy(settings, checkpoint) as policy:
        assert policy.fingerprint != first


def test_a_server_that_ends_early_is_an_error_with_its_log(settings: VLLMSettings, checkpoint: Path):
    dying = settings.model_copy(update={"extra_args": ("--die",)})
    with (
        pytest.raises(PolicyError, match=r"(?s)ended before it answered.*CUDA out of memory.*code 1"),
        serve(dying, str(checkpoint), "student"),
    ):
        pass


def test_a_server_that_never_answers_is_stopped(settings: VLLMSettings, checkpoint: Path):
    silent = settings.model_copy(update={"extra_args": ("--sleep",), "start_timeout_s": 1.0})
    with (
        pytest.raises(PolicyError, match="did not answer within 1 s"),
        serve(silent, str(checkpoint), "student"),
    ):
        pass


def test_a_command_that_does_not_exist_is_an_error(checkpoint: Path):
    missing = VLLMSettings(command=("/no/such/python", "-m", "vllm"))
    with pytest.raises(PolicyError, match="/no/such/python"), serve(missing, str(checkpoint), "student"):
        pass


def test_no_orphan_when_the_parent_is_killed(settings: VLLMSettings, checkpoint: Path):
    code = (
        "import json, sys, time\nfrom repodojo.policies.vllm_server import VLLMSettings, serve\n"
        "settings = VLLMSettings.model_validate_json(sys.argv[1])\n"
        "with serve(settings, sys.argv[2], 'student') as url:\n"
        "    print(url, flush=True)\n    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, settings.model_dump_json(), str(checkpoint)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    told = look(parent.stdout.readline().strip())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until_gone(told["pid"], told["child"])


def look(base_url: str) -> dict:
    with urllib.request.urlopen(base_url) as reply:
        return json.load(reply)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 20
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < deadline, f"processes {alive} outlived the server"
        time.sleep(0.05)

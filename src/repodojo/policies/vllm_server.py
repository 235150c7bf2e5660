"""Start vLLM's OpenAI-compatible server for a checkpoint, wait until it answers, and stop it again.

The server may live in another environment (vLLM's pins are narrow): it is a command, and nothing is imported.
"""

import http
import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

from repodojo.errors import PolicyError
from repodojo.policies import process_guard
from repodojo.policies.adapters import CONFIG, adapter_chain
from repodojo.policies.child import read_tail
from repodojo.policies.openai_api import OpenAIPolicy
from repodojo.policies.tokenizer_files import copy_tokenizer, tokenizer_folder
from repodojo.policies.vllm_command import HOST, VLLMSettings, launch_command
from repodojo.training.checkpoint_digest import digest_checkpoint

logger = logging.getLogger(__name__)

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Of which vLLM takes one as the largest."""
_POLL_S = 0.5
_HEALTH_TIMEOUT_S = 5
_STOP_TIMEOUT_S = 30
_QUIET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}


@contextmanager
def serve(settings: VLLMSettings, checkpoint: str, name: str, words: Path | None = None) -> Iterator[str]:
    """Serve a checkpoint folder or a hub's model as ``name`` while inside; yield its address.

    ``words`` is the folder of the tokenizer, where that is another.

    Raises:
        PolicyError: the server did not come up; the message ends with its log.
    """
    port = _free_port()
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        tokenizer = folder if copy_tokenizer(words or Path(checkpoint), Path(folder)) else None
        command = launch_command(settings, checkpoint, name, port, tokenizer)
        process = subprocess.Popen(
            [sys.executable, "-I", process_guard.__file__, *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, **_QUIET, **settings.environment},
            start_new_session=True,
        )
        try:
            _wait_until_healthy(process, port, log, settings.start_timeout_s)
            try:
                yield f"http://{HOST}:{port}/v1"
            finally:
                if process.poll() is not None:
                    logger.error("vLLM's server ended while it was in use; its log ends:\n%s", read_tail(log))
        finally:
            _stop(process)


@contextmanager
def served_policy(settings: VLLMSettings, checkpoint: Path, name: str = "") -> Iterator[OpenAIPolicy]:
    """Serve a checkpoint folder while inside; yield a policy that is known by the checkpoint's digest.

    Raises:
        PolicyError: the folder is not a checkpoint, or the server did not come up.
    """
    name = name or checkpoint.name
    fingerprint = digest_checkpoint(checkpoint)
    whole, *adapters = adapter_chain(checkpoint)
    if adapters:
        settings = _with_adapter(settings, adapters, name)
    words = tokenizer_folder(checkpoint)
    with serve(settings, str(whole), f"{name}.base" if adapters else name, words) as base_url:
        yield OpenAIPolicy(name, [base_url], fingerprint=fingerprint, token_ids=settings.token_ids)


def _with_adapter(settings: VLLMSettings, adapters: Sequence[Path], name: str) -> VLLMSettings:
    """Have the server put an adapter on the checkpoint, and answer to ``name`` with it."""
    if len(adapters) > 1:
        raise PolicyError(
            f"{adapters[-1]}: vLLM puts one adapter on a checkpoint, found {len(adapters)} on one another; "
            f"train it with lora.merged, or serve it with the local engine"
        )
    (adapter,) = adapters
    rank = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))["r"]
    modules = {**settings.lora_modules, name: str(adapter)}
    wanted = max(rank, settings.max_lora_rank or 0)
    largest = next((size for size in LORA_RANKS if size >= wanted), wanted)
    return settings.model_copy(update={"lora_modules": modules, "max_lora_rank": largest})


def _wait_until_healthy(
    process: "subprocess.Popen[bytes]", port: int, log: IO[bytes], timeout_s: float
) -> None:
    deadline = time.monotonic() + timeout_s
    while not _is_healthy(port):
        if process.poll() is not None:
            raise PolicyError(f"vLLM's server ended before it answered; its log ends:\n{read_tail(log)}")
        if time.monotonic() > deadline:
            raise PolicyError(
                f"vLLM's server did not answer within {timeout_s:.0f} s; its log ends:\n{read_tail(log)}"
            )
        time.sleep(_POLL_S)


def _is_healthy(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException), closing(_connect(port)) as connection:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(HOST, port, timeout=_HEALTH_TIMEOUT_S)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Close the guard's input, upon which it ends the server and the rest of its group."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port

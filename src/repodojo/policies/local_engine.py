"""Decode a small model in a child process: the embedded default, without a server or an extra install.

This module starts the child, hands it requests from any thread and waits; torch is loaded in the child alone.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.checkpoint_digest import digest_checkpoint
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.types import Message

Reply = dict[str, Any]
_READY = 0
_CLOSE_TIMEOUT_S = 5
_LOG_TAIL_BYTES = 2_000
# Large temporaries that return to the kernel at once cost the child a page fault per page, every time.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**29), "THP_MEM_ALLOC_ENABLE": "1"}


class LocalEngine:
    """A `Policy` and a `Scorer` over a checkpoint folder or a PEFT adapter folder; a context manager.

    Many threads may call at once: the child batches whatever is asked for at each step.
    """

    def __init__(
        self,
        checkpoint: Path,
        name: str = "",
        *,
        threads: int = 1,
        max_context: int | None = None,
        max_batch: int = 64,
        cache_mib: int = 2048,
    ) -> None:
        """Describe the engine; nothing starts before ``with``.

        Args:
            checkpoint: folder of a model with its tokenizer, or of an adapter.
            name: what to call the policy; the folder's name unless given.
            threads: CPU threads of the child.
            max_context: tokens of prompt and answer together; the model's own limit unless given.
            max_batch: conversations computed, or remembered until their next turn, at a time.
            cache_mib: address space for their keys and values; lowers ``max_batch`` for larger models.

        Raises:
            PolicyError: the folder is not a checkpoint.
        """
        self.checkpoint = checkpoint
        self.name = name or checkpoint.name
        self.fingerprint = hashlib.sha256(f"{digest_checkpoint(checkpoint)}:{max_context}".encode()).hexdigest()[:16]
        self._settings = {
            "checkpoint": str(checkpoint),
            "threads": threads,
            "max_context": max_context,
            "max_batch": max_batch,
            "cache_mib": cache_mib,
        }
        self._child: subprocess.Popen[str] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the engine
        self._state, self._pipe = threading.Lock(), threading.Lock()
        self._pending: dict[int, Future[Reply]] = {}
        self._count = _READY
        self._lost = "use the engine inside `with`"

    def __enter__(self) -> Self:
        """Start the child and wait until the checkpoint is loaded.

        Raises:
            PolicyError: it could not be loaded; the message ends with the child's log.
        """
        self._child = subprocess.Popen(
            [sys.executable, "-m", "repodojo.policies.local_worker", json.dumps(self._settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=_child_environment(self._settings["threads"]),
            start_new_session=True,
        )
        self._lost = ""
        ready = self._expect(_READY)
        threading.Thread(target=self._receive, args=(self._child,), daemon=True).start()
        try:
            ready.result()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None or child.stdin is None:
            return
        self._fail("the engine was closed")
        child.stdin.close()
        try:
            child.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation.

        Raises:
            ContextLengthError: the conversation leaves no room for an answer.
            PolicyError: the child failed; the message ends with its log.
        """
        reply = self._ask(
            {
                "messages": _as_json(messages),
                "temperature": parameters.temperature,
                "max_tokens": parameters.max_tokens,
                "seed": parameters.seed,
                "stop": list(parameters.stop),
            }
        ).result()
        return Completion(reply["text"], reply["finish_reason"], reply["prompt_tokens"], reply["completion_tokens"])

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        """For each conversation, score each choice as the token after ``answer_prefix``; None where it is too long.

        Raises:
            PolicyError: the child failed, or a choice is not one token there.
        """
        asked = {"answer_prefix": answer_prefix, "choices": list(choices)}
        return [_scores(future) for future in [self._ask({"messages": _as_json(c), **asked}) for c in conversations]]

    def _ask(self, order: dict[str, Any]) -> "Future[Reply]":
        with self._state:
            self._count += 1
            number = self._count
        future = self._expect(number)
        child = self._child
        if child is not None and child.stdin is not None:
            try:
                with self._pipe:
                    child.stdin.write(json.dumps({"id": number, **order}) + "\n")
                    child.stdin.flush()
            except (OSError, ValueError):
                # The pipe is broken: `_receive` sees the end too, and fails every future with the log.
                return future
        return future

    def _expect(self, number: int) -> "Future[Reply]":
        future: Future[Reply] = Future()
        with self._state:
            if self._lost:
                future.set_exception(PolicyError(f"{self.name}: {self._lost}"))
            else:
                self._pending[number] = future
        return future

    def _receive(self, child: "subprocess.Popen[str]") -> None:
        """Hand replies out until the child ends, then fail what is still asked for."""
        for line in child.stdout or ():
            reply = json.loads(line)
            with self._state:
                future = self._pending.pop(reply["id"], None)
            if future is None:
                continue
            if "error" in reply:
                kind = ContextLengthError if reply["error"] == "context_length" else PolicyError
                future.set_exception(kind(f"{self.name}: {reply['message']}"))
            else:
                future.set_result(reply)
        code = child.wait()
        self._fail(f"the engine's process ended with code {code}; its log ends:\n{self._log_tail()}")

    def _fail(self, reason: str) -> None:
        with self._state:
            self._lost = self._lost or reason
            pending, self._pending = self._pending, {}
        for future in pending.values():
            future.set_exception(PolicyError(f"{self.name}: {reason}"))

    def _log_tail(self) -> str:
        # The child writes through the same file offset, so read without moving it.
        number = self._log.fileno()
        size = os.fstat(number).st_size
        return os.pread(number, _LOG_TAIL_BYTES, max(0, size - _LOG_TAIL_BYTES)).decode(errors="replace")


def _child_environment(threads: int) -> dict[str, str]:
    quiet = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    count = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    package_root = str(Path(__file__).parents[2])
    path = os.pathsep.join(p for p in (package_root, os.environ.get("PYTHONPATH", "")) if p)
    return {**os.environ, **quiet, **count, **_KEEP_MEMORY, "PYTHONPATH": path}


def _as_json(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _scores(future: "Future[Reply]") -> dict[str, float] | None:
    try:
        scores: dict[str, float] = future.result()["scores"]
    except ContextLengthError:
        return None
    return scores

"""Decode a small model in a child process: the embedded default, without a server or an extra install.

This module starts the child, hands it requests from any thread and waits; torch is loaded in the child alone.
"""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.child import Child
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.training.checkpoint_digest import digest_checkpoint
from repodojo.types import Message

_QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
# Large temporaries that return to the kernel at once cost a page fault per page, every time.
_KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**29),
    "THP_MEM_ALLOC_ENABLE": "1",
}


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
            threads: CPU threads of the child while it answers; while it only scores, all CPUs are its.
            max_context: tokens of prompt and answer together; the model's own limit unless given.
            max_batch: conversations computed, or remembered until their next turn, at a time.
            cache_mib: address space for their keys and values; lowers ``max_batch`` for larger models.

        Raises:
            PolicyError: the folder is not a checkpoint.
        """
        self.checkpoint = checkpoint
        self.name = name or checkpoint.name
        decides = f"{digest_checkpoint(checkpoint)} {max_context}"
        self.fingerprint = hashlib.sha256(decides.encode()).hexdigest()[:16]
        self._threads = threads
        self._settings = {
            "checkpoint": str(checkpoint),
            "threads": threads,
            "scoring_threads": max(threads, os.cpu_count() or 1),
            "max_context": max_context,
            "max_batch": max_batch,
            "cache_mib": cache_mib,
        }
        self._child: Child | None = None

    def __enter__(self) -> Self:
        """Start the child and wait until the checkpoint is loaded.

        Raises:
            PolicyError: it could not be loaded; the message ends with the child's log.
        """
        command = [sys.executable, "-m", "repodojo.policies.local_worker", json.dumps(self._settings)]
        self._child = Child(self.name, command, _child_environment(self._threads))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child."""
        if self._child is not None:
            self._child.close()

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation.

        Raises:
            ContextLengthError: the conversation leaves no room for an answer.
            PolicyError: tools were offered, which it cannot call; or the child failed, and its log follows.
        """
        if parameters.tools:
            raise PolicyError(f"{self.name}: cannot call tools; let the scaffold use calls as text")
        asked = {
            "messages": _as_json(messages),
            "temperature": parameters.temperature,
            "max_tokens": parameters.max_tokens,
            "seed": parameters.seed,
            "stop": list(parameters.stop),
        }
        reply = self._running().ask(asked).result()
        usage = reply["prompt_tokens"], reply["completion_tokens"]
        return Completion(reply["text"], reply["finish_reason"], *usage)

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        """For each conversation, score each choice as the token after ``answer_prefix``; None if too long.

        Raises:
            PolicyError: the child failed, or a choice is not one token there.
        """
        asked = {"answer_prefix": answer_prefix, "choices": list(choices)}
        child = self._running()
        futures = [child.ask({"messages": _as_json(messages), **asked}) for messages in conversations]
        return [_scores(future) for future in futures]

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._running().pid

    def _running(self) -> Child:
        if self._child is None:
            raise PolicyError(f"{self.name}: the engine is not running; use it inside `with`")
        return self._child


def _child_environment(threads: int) -> dict[str, str]:
    count = {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
    }
    package_root = str(Path(__file__).parents[2])
    path = os.pathsep.join(part for part in (package_root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, **_QUIET, **count, **_KEEP_MEMORY, "PYTHONPATH": path, "PYTHONUTF8": "1"}


def _as_json(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _scores(future: "Future[dict[str, Any]]") -> dict[str, float] | None:
    try:
        scores: dict[str, float] = future.result()["scores"]
    except ContextLengthError:
        return None
    return scores

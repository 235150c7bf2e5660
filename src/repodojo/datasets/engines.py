"""Checkpoints served as policies and scorers: one engine each, started when it is first asked, one at a time.

An engine costs memory and seconds to start. So the engine of another checkpoint that nobody is asking at the
moment ends before a new one starts; the next request starts it again.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from repodojo.policies.policy import Completion, Policy, SamplingParameters, Scorer
from repodojo.types import Message


class Engine(Policy, Scorer, Protocol):
    """What answers while a checkpoint is served."""


class Served:
    """One checkpoint, as a policy and as a scorer."""

    def __init__(
        self, name: str, fingerprint: str, use: Callable[[], AbstractContextManager[Engine]]
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._use = use

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation."""
        with self._use() as engine:
            return engine.complete(messages, parameters)

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        """For each conversation, score each choice as continuation of ``answer_prefix``."""
        with self._use() as engine:
            return engine.next_token_log_probabilities(conversations, answer_prefix, choices)


class Engines:
    """Serves checkpoints."""

    def __init__(
        self,
        serve: Callable[[Path], AbstractContextManager[Engine]],
        fingerprint: Callable[[Path], str],
        scripted: Policy | None = None,
    ) -> None:
        """Describe how checkpoints are served.

        Args:
            serve: starts a checkpoint's engine on entering, ends it on leaving.
            fingerprint: digest of what decides a checkpoint's answers.
            scripted: what answers in place of every policy, if anything.
        """
        self._serve = serve
        self._fingerprint = fingerprint
        self._scripted = scripted
        self._live: dict[Path, tuple[AbstractContextManager[Engine], Engine]] = {}
        self._asking: dict[Path, int] = {}
        self._lock = threading.Lock()

    def policy(self, checkpoint: Path, name: str) -> Policy:
        """Return a checkpoint as a policy."""
        return self._scripted or self._served(checkpoint, name)

    def scorer(self, checkpoint: Path, name: str) -> Scorer:
        """Return a checkpoint as a scorer."""
        return self._served(checkpoint, name)

    def close(self) -> None:
        """End every engine; the next request starts its engine again."""
        with self._lock:
            self._end(list(self._live))

    def _served(self, checkpoint: Path, name: str) -> Served:
        return Served(name, self._fingerprint(checkpoint), lambda: self._use(checkpoint))

    @contextmanager
    def _use(self, checkpoint: Path) -> Iterator[Engine]:
        """Lend the engine of a checkpoint, starting it where needed."""
        with self._lock:
            if checkpoint not in self._live:
                self._end([other for other in self._live if not self._asking[other]])
                context = self._serve(checkpoint)
                self._live[checkpoint] = (context, context.__enter__())
                self._asking.setdefault(checkpoint, 0)
            _, engine = self._live[checkpoint]
            self._asking[checkpoint] += 1
        try:
            yield engine
        finally:
            with self._lock:
                self._asking[checkpoint] -= 1

    def _end(self, checkpoints: Sequence[Path]) -> None:
        for checkpoint in checkpoints:
            context, _ = self._live.pop(checkpoint)
            context.__exit__(None, None, None)

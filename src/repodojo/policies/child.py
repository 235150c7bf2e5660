"""A child process that answers JSON lines: started, asked from many threads at once, never orphaned."""

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import IO, Any

from repodojo.errors import ContextLengthError, PolicyError

Reply = dict[str, Any]
_READY = 0
_CLOSE_TIMEOUT_S = 5
_LOG_TAIL_BYTES = 2_000


class Child:
    """Hands requests to the process and its replies, matched by ``id``, to whoever asked.

    The process must end when its input does. Its stderr is kept for error messages.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the process and wait for its first line, ``{"id": 0, ...}``.

        Raises:
            PolicyError: it ended before; the message ends with its log.
        """
        self._name = name
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        self._state, self._pipe = threading.Lock(), threading.Lock()
        self._pending: dict[int, Future[Reply]] = {_READY: Future()}
        self._count = _READY
        self._lost = ""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=dict(environment),
            start_new_session=True,
        )
        ready = self._pending[_READY]
        threading.Thread(target=self._receive, daemon=True).start()
        try:
            self.about = ready.result()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ask(self, request: Mapping[str, Any]) -> "Future[Reply]":
        """Send a request; the future holds the reply or a `PolicyError`."""
        future: Future[Reply] = Future()
        with self._state:
            if self._lost:
                future.set_exception(PolicyError(self._lost))
                return future
            self._count += 1
            number = self._count
            self._pending[number] = future
        # Where the pipe is broken, `_receive` sees the end too and fails every future with the log.
        with self._pipe, contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"id": number, **request}) + "\n")
            self._process.stdin.flush()
        return future

    def close(self) -> None:
        """End the process."""
        self._fail(f"{self._name}: the engine was closed")
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self) -> None:
        """Hand replies out until the process ends, then fail what is still asked for."""
        for line in self._process.stdout or ():
            reply = json.loads(line)
            with self._state:
                future = self._pending.pop(reply["id"], None)
            if future is None:
                continue
            if "error" in reply:
                kind = ContextLengthError if reply["error"] == "context_length" else PolicyError
                future.set_exception(kind(f"{self._name}: {reply['message']}"))
            else:
                future.set_result(reply)
        code = self._process.wait()
        told = f"{self._name}: the engine's process ended with code {code}; its log ends:"
        self._fail(f"{told}\n{read_tail(self._log)}")

    def _fail(self, reason: str) -> None:
        with self._state:
            self._lost = self._lost or reason
            pending, self._pending = self._pending, {}
        for future in pending.values():
            future.set_exception(PolicyError(reason))


def read_tail(log: IO[bytes]) -> str:
    """Return the end of a log that a process is writing through the same file, without moving its place."""
    start = max(0, os.fstat(log.fileno()).st_size - _LOG_TAIL_BYTES)
    return os.pread(log.fileno(), _LOG_TAIL_BYTES, start).decode(errors="replace")

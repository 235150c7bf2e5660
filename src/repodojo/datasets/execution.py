"""Runs thunks on threads and hands over each result as it arrives; knows nothing of files.

Threads are daemons: after an interrupt nothing waits for a thunk that will not end. What was not started is
not handed over, and so is owed again.
"""

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass(frozen=True)
class Result:
    """What one thunk gave."""

    key: str
    value: Any = None
    error: BaseException | None = None


class Execution:
    """Thunks that run; iterate `results` to receive them, `cancel` to start no more."""

    def __init__(self, thunks: Mapping[str, Callable[[], Any]], workers: int) -> None:
        self._todo: queue.SimpleQueue[tuple[str, Callable[[], Any]]] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        for item in thunks.items():
            self._todo.put(item)
        self._running = max(1, min(workers, len(thunks)))
        for number in range(self._running):
            threading.Thread(target=self._work, name=f"thunks-{number}", daemon=True).start()

    def results(self, timeout_s: float | None = None) -> Iterator[Result]:
        """Yield results as they arrive, until all are there or ``timeout_s`` has passed."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self._running:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                result = self._done.get(timeout=left)
            except queue.Empty:
                return
            if result is None:
                self._running -= 1
            else:
                yield result

    def cancel(self) -> None:
        """Start no more thunks."""
        self._cancelled.set()

    def _work(self) -> None:
        while not self._cancelled.is_set():
            try:
                key, thunk = self._todo.get_nowait()
            except queue.Empty:
                break
            try:
                self._done.put(Result(key, value=thunk()))
            except BaseException as error:
                self._done.put(Result(key, error=error))
        self._done.put(None)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM interrupt the block as Ctrl-C does; outside the main thread, change nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)

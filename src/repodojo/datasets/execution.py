"""Runs thunks on threads and hands over each result as it arrives; knows nothing of files.

Threads are daemons: after an interrupt nothing waits for a thunk that will not end. What was not started is
not handed over, and so is owed again. A thunk that is given up goes on in its thread, but is not heard.
"""

import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from repodojo.datasets.stragglers import Stragglers
from repodojo.datasets.watch import Result, Watch

STEP_S = 2.0
"""Between two looks at what is in flight."""


class Execution:
    """Thunks that run; iterate `results` to receive them, `cancel` to start no more."""

    def __init__(
        self,
        thunks: Mapping[str, Callable[[], Any]],
        workers: int,
        pace: Callable[[int], int] | None = None,
        stragglers: Stragglers | None = None,
        give_up: Callable[[str, str], Any] | None = None,
        step_s: float = STEP_S,
    ) -> None:
        """Start.

        Args:
            thunks: by key, in the order in which they are started.
            workers: that run at once, at most.
            pace: from how many are in flight to how many may be; asked at each step.
            stragglers: when a thunk is given up; never without them.
            give_up: makes the result of one, from its key and the reason; without it, that is an error.
            step_s: seconds between two steps.
        """
        self._waiting = deque(thunks.items())
        self._running: dict[str, float] = {}
        self._done: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._cancelled = False
        self._changed = threading.Condition()
        self._pace = pace
        self._watch = Watch(stragglers, give_up, len(thunks))
        self._step_s = step_s if pace or stragglers else None
        self._next_step = time.monotonic()
        workers = max(1, min(workers, len(thunks)))
        self._allowed = min(workers, pace(0)) if pace else workers
        for _ in range(workers):
            self._start_worker()

    def results(self, timeout_s: float | None = None) -> Iterator[Result]:
        """Yield results as they arrive, until all are there or ``timeout_s`` has passed."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self._are_more():
            yield from self._look()
            pauses = [self._step_s, None if deadline is None else deadline - time.monotonic()]
            known = [pause for pause in pauses if pause is not None]
            try:
                yield self._done.get(timeout=max(0.0, min(known)) if known else None)
            except queue.Empty:
                if deadline is not None and time.monotonic() >= deadline:
                    return

    def cancel(self) -> None:
        """Start no more thunks."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def _are_more(self) -> bool:
        with self._changed:
            waiting = self._waiting and not self._cancelled
            return bool(waiting or self._running) or not self._done.empty()

    def _look(self) -> Iterator[Result]:
        """Set the pace and give up stragglers, once for each step."""
        now = time.monotonic()
        if self._step_s is None or now < self._next_step:
            return
        self._next_step = now + self._step_s
        with self._changed:
            running, waiting = dict(self._running), len(self._waiting)
        for key, why in self._watch.overdue(running, waiting, now).items():
            if self._forget(key):
                yield self._watch.given_up(key, why)
        if self._pace is not None:
            allowed = self._pace(len(running))
            with self._changed:
                self._allowed = allowed
                self._changed.notify_all()

    def _forget(self, key: str) -> bool:
        """Stop waiting for a thunk; another thread takes the place of its own."""
        with self._changed:
            if self._running.pop(key, None) is None:
                return False
            self._changed.notify_all()
        self._start_worker()
        return True

    def _start_worker(self) -> None:
        threading.Thread(target=self._work, name="thunks", daemon=True).start()

    def _work(self) -> None:
        heard = True
        while heard and (item := self._take()) is not None:
            key, thunk = item
            try:
                result = Result(key, value=thunk())
            except BaseException as error:
                result = Result(key, error=error)
            heard = self._hand_over(result)

    def _take(self) -> tuple[str, Callable[[], Any]] | None:
        """Wait until a thunk may start; None where none will."""
        with self._changed:
            while self._waiting and not self._cancelled:
                if len(self._running) < self._allowed:
                    key, thunk = self._waiting.popleft()
                    self._running[key] = time.monotonic()
                    return key, thunk
                self._changed.wait()
            self._changed.notify_all()
            return None

    def _hand_over(self, result: Result) -> bool:
        """Hand a result over, unless its thunk was given up."""
        with self._changed:
            if self._running.pop(result.key, None) is None:
                return False
            self._done.put(result)
            self._changed.notify()
            return True


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

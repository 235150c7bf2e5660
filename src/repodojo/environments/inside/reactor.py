"""Waits for descriptors and children at once, and empties the pipes that nobody listens to any more."""

import os
import select
import signal
from typing import Protocol

_CHUNK = 1 << 18
_MOST_UNHEARD = 64

Events = dict[int, int]


class Connection(Protocol):
    """What joins process 1 to its owner."""

    def fileno(self) -> int:
        """Return what to wait for."""

    def recv(self, size: int, /) -> bytes:
        """Read at most ``size`` bytes; none at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Write everything."""


class Reactor:
    """What process 1 waits with; ends the process when the owner hangs up."""

    def __init__(self, owner: Connection) -> None:
        self.ended: dict[int, int] = {}
        """Exit codes, by pid, of expected children that ended; 128 and a signal's number for a killed one."""
        self._expected: set[int] = set()
        self._owner = owner.fileno()
        self._unheard: dict[int, None] = {}
        self._wake, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._poll.register(self._owner, 0)
        self._poll.register(self._wake, select.POLLIN)

    def watch(self, descriptor: int) -> None:
        """Report when there is something to read."""
        self._poll.register(descriptor, select.POLLIN)

    def forget(self, descriptor: int) -> None:
        """Report no more; it may be forgotten already."""
        try:
            self._poll.unregister(descriptor)
        except KeyError:
            return

    def ignore(self, descriptor: int) -> None:
        """Throw away what comes, so that its writers do not block, and close it when they are gone.

        Of very many the oldest is closed: its writers get SIGPIPE.
        """
        self._poll.register(descriptor, select.POLLIN)
        self._unheard[descriptor] = None
        if len(self._unheard) > _MOST_UNHEARD:
            self._close(next(iter(self._unheard)))

    def wait_for_owner(self, wait_s: float | None) -> bool:
        """Wait for the owner's next request; whether it came."""
        self._poll.modify(self._owner, select.POLLIN)
        came = self._owner in self.wait(wait_s)
        self._poll.modify(self._owner, 0)
        return came

    def wait(self, wait_s: float | None) -> Events:
        """Wait until something happens to a descriptor or a child, at most ``wait_s``."""
        events = dict(self._poll.poll(None if wait_s is None else wait_s * 1000 + 0.999))
        if events.get(self._owner, 0) & (select.POLLHUP | select.POLLERR):
            os._exit(0)
        if self._wake in events:
            os.read(self._wake, 4096)
            self.reap()
        if self._unheard:
            self._throw_away(events)
        return events

    def _throw_away(self, events: Events) -> None:
        for descriptor in self._unheard.keys() & events.keys():
            if not take(descriptor):
                self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        del self._unheard[descriptor]
        self._poll.unregister(descriptor)
        os.close(descriptor)

    def expect(self, pid: int) -> None:
        """Note the end of a child; of the many others, which are adopted, nothing is kept."""
        self._expected.add(pid)

    def reap(self) -> None:
        """Reap every child that ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._expected:
                self._expected.remove(pid)
                code = os.waitstatus_to_exitcode(status)
                self.ended[pid] = code if code >= 0 else 128 - code


def take(descriptor: int) -> bytes | None:
    """Read what is there; None where nothing is and the end may come, empty at the end."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None

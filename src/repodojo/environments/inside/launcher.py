"""Starts what runs commands, under the limits that process 1 itself is free of.

They are set before anything of a command can run, so that all that descends from it inherits them.
"""

import errno
import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress

from repodojo.environments.inside import processes
from repodojo.environments.inside.reactor import Reactor
from repodojo.environments.inside.victims import Victims

_TRIES, _PAUSE_S = 100, 0.01
_NO_ROOM = (errno.EAGAIN, errno.ENOMEM)

Spawn = Callable[[int], int]
"""Starts a process that runs nothing of a command before it read a byte; returns its pid."""


class Launcher:
    """Starts processes; where a swarm leaves no room for another one, ends the swarm.

    Args:
        victims: makes the new process one of them.
        reactor: notes what ended.
        niceness: of commands; process 1 may run before them.
        cpu_s: processor time of each process.
    """

    def __init__(self, victims: Victims, reactor: Reactor, niceness: int, cpu_s: int) -> None:
        self._victims = victims
        self._reactor = reactor
        self._niceness = niceness
        self._cpu_s = cpu_s

    def __call__(self, spawn: Spawn) -> int:
        """Start a process, set its limits, and let it go on; returns its pid."""
        waiting, go_on = os.pipe2(os.O_CLOEXEC)
        try:
            with self._victims():
                pid = self._spawn(spawn, waiting)
            self._reactor.expect(pid)
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, pid, self._niceness)
                resource.prlimit(pid, resource.RLIMIT_CPU, (self._cpu_s, self._cpu_s))
            os.write(go_on, b"\n")
        finally:
            os.close(waiting)
            os.close(go_on)
        return pid

    def _spawn(self, spawn: Spawn, waiting: int) -> int:
        for _ in range(_TRIES):
            try:
                return spawn(waiting)
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                # The kernel's bound is a little above the watchdog's, which looks in a moment.
                processes.kill_all()
                self._reactor.reap()
                time.sleep(_PAUSE_S)
        return spawn(waiting)

"""Starts what runs commands, under the limits that process 1 itself is free of.

They are set in the new process before anything of a command can run, so that all that descends from it
inherits them.
"""

import os
import resource
import signal
import time
from collections.abc import Callable

from repodojo.environments.inside import processes
from repodojo.environments.inside.reactor import Reactor
from repodojo.environments.inside.victims import Victims

_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD)
_TRIES, _PAUSE_S = 100, 0.01


class Launcher:
    """Forks the caller; where a swarm leaves no room for that, ends the swarm.

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

    def __call__(self, become: Callable[[], None]) -> int:
        """Start a process in a session of its own that does ``become``; returns its pid.

        Its standard input is empty.
        """
        with self._victims():
            pid = self._fork()
        if pid:
            return pid
        try:
            self._bound()
            become()
        finally:
            os._exit(1)

    def _fork(self) -> int:
        for _ in range(_TRIES):
            try:
                return os.fork()
            except OSError:
                # The kernel's bound is a little above the watchdog's, which looks in a moment.
                processes.kill_all()
                self._reactor.reap()
                time.sleep(_PAUSE_S)
        return os.fork()

    def _bound(self) -> None:
        os.setpriority(os.PRIO_PROCESS, 0, self._niceness)
        resource.setrlimit(resource.RLIMIT_CPU, (self._cpu_s, self._cpu_s))
        signal.set_wakeup_fd(-1)
        for number in _DEFAULT_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)

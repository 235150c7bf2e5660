"""The persistent shell with the pipe that it writes to, and another of each when one is used up."""

import os
from collections.abc import Callable
from contextlib import suppress

from repodojo.environments.inside import processes
from repodojo.environments.inside.launcher import Spawn
from repodojo.environments.inside.mounts import CONTROL
from repodojo.environments.inside.reactor import Events, Reactor
from repodojo.environments.inside.shell import Shell, fit_command

_WAIT_S = 0.1
_PIPE = "o"


class ShellSession:
    """Keeps a shell ready; ``output`` is the pipe to read from while a command runs.

    Args:
        reactor: told what to wait for.
        environment: of every shell.
        workdir: where the first shell starts; a later one starts in the folder of the one before.
        control: a writable handle on `CONTROL`.
        start: starts a process under a command's limits.
    """

    def __init__(
        self,
        reactor: Reactor,
        environment: dict[str, str],
        workdir: str,
        control: int,
        start: Callable[[Spawn], int],
    ) -> None:
        self._reactor = reactor
        self._environment = environment
        self._workdir = self._folder = workdir
        self._control = control
        self._start_process = start
        self._pipes = 0
        self._next_pipe = 0
        self._opened_pipe = 0
        self._shell, self.output = self._start()
        self._identity = _identity(os.fstat(self.output))

    @property
    def pid(self) -> int:
        """The shell's process id."""
        return self._shell.pid

    def send(self, command: bytes) -> Callable[[Events], int | None]:
        """Start a command; returns what tells its exit code from events, once there is one."""
        command = fit_command(command, f"{CONTROL}/command", self._control)
        # Unknown until its command runs, so that no earlier command can fake its status.
        token = os.urandom(4).hex()
        try:
            self._shell.send(token, command, self._next_pipe)
        except OSError:
            self.replace()
            self._shell.send(token, command)
        self._opened_pipe, self._next_pipe = self._next_pipe, 0
        shell = self._shell

        def code_of(events: Events) -> int | None:
            code = _status_of(token, shell.receive()) if shell.status in events else None
            return self._reactor.ended.get(shell.pid) if code is None else code

        return code_of

    def settle(self, is_alone: bool) -> None:
        """Get ready for the next command; the pipe is kept if no process can write to it but the shell."""
        self._remove_pipe(self._opened_pipe)
        self._opened_pipe = 0
        if self.pid in self._reactor.ended:
            self._renew()
            return
        # A folder too deep to have a path is not remembered.
        with suppress(OSError):
            self._folder = os.readlink(f"/proc/{self.pid}/cwd")
        if not self._next_pipe and not (is_alone and self._has_output()):
            self._make_pipe()

    def replace(self) -> None:
        """End a shell that does not listen, and start another."""
        processes.kill(self.pid)
        self._reactor.reap()
        while self.pid not in self._reactor.ended:
            self._reactor.wait(_WAIT_S)
        self._renew()

    def _has_output(self) -> bool:
        """Whether the shell still writes where ``output`` is read."""
        try:
            ends = [os.stat(f"/proc/{self.pid}/fd/{descriptor}") for descriptor in (1, 2)]
        except OSError:
            return False
        return all(_identity(end) == self._identity for end in ends)

    def _make_pipe(self) -> None:
        """Make another pipe for the shell to write to from its next command on."""
        self._pipes += 1
        self._next_pipe = self._pipes
        name = f"{_PIPE}{self._next_pipe:06}"
        os.mkfifo(name, 0o600, dir_fd=self._control)
        output = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._control)
        self._reactor.watch(output)
        self._take_output(output)

    def _remove_pipe(self, number: int) -> None:
        if number:
            os.unlink(f"{_PIPE}{number:06}", dir_fd=self._control)

    def _take_output(self, output: int) -> None:
        """Listen to another pipe; whoever still writes to the last one may go on, unheard."""
        self._reactor.forget(self.output)
        self._reactor.ignore(self.output)
        self.output = output
        self._identity = _identity(os.fstat(output))

    def _renew(self) -> None:
        self._reactor.forget(self._shell.status)
        self._shell.close()
        self._remove_pipe(self._next_pipe)
        self._next_pipe = 0
        self._shell, output = self._start()
        self._take_output(output)

    def _start(self) -> tuple[Shell, int]:
        """Start a shell in the folder of the last one; returns the pipe that it writes to as well."""
        output, writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        folder = self._folder if os.path.isdir(self._folder) else self._workdir
        shell = Shell(self._environment, folder, f"{CONTROL}/{_PIPE}", writing, self._start_process)
        self._reactor.watch(shell.status)
        self._reactor.watch(output)
        return shell, output


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _status_of(token: str, lines: bytes) -> int | None:
    for line in lines.decode(errors="replace").splitlines():
        name, _, code = line.partition(" ")
        if name == token and code.isdigit():
            return int(code) & 0xFF
    return None

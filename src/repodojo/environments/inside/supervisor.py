"""Process 1 of a sandbox: runs commands for the owner at the other end of a socket, ends them, and outlives them.

When the owner goes away it ends, and the kernel ends every process of the sandbox with it.
"""
# ruff: noqa: PTH

import os
import resource
import select
import signal
import socket
import stat
import time
from typing import Any

from repodojo.environments.inside import frames, processes
from repodojo.environments.inside.bounded_output import BoundedOutput
from repodojo.environments.inside.mounts import CONTROL
from repodojo.environments.inside.shell import Shell, spawn_once

_TICK_S = 0.1
_CHUNK = 1 << 18
_KILLED = 128 + signal.SIGKILL
_F_SETPIPE_SZ = 1031


class Supervisor:
    """Serves one owner; ``control`` is a writable handle on the folder of the output pipes."""

    def __init__(self, connection: socket.socket, plan: dict[str, Any], control: int) -> None:
        self._connection = connection
        self._environment: dict[str, str] = plan["environment"]
        self._workdir: str = plan["workdir"]
        self._limits: dict[str, int] = plan["limits"]
        self._control = control
        self._folder = self._workdir
        self._token = 0
        self._kept: set[tuple[int, int]] = set()
        self._ended: dict[int, int] = {}
        self._late: set[int] = set()
        self._proc_device = os.stat("/proc").st_dev
        self._wake, wake = os.pipe()
        for descriptor in (self._wake, wake):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._poll.register(connection.fileno(), 0)
        self._poll.register(self._wake, select.POLLIN)
        self._start_shell()

    def serve(self) -> None:
        """Answer requests until the owner hangs up."""
        operations = {
            frames.EXECUTE: self._execute,
            frames.RUN: self._run,
            frames.READ: self._read,
            frames.WRITE: self._write,
        }
        owner = self._connection.fileno()
        while True:
            self._poll.modify(owner, select.POLLIN)
            while not self._pump(None).get(owner):
                pass
            self._poll.modify(owner, 0)
            operation, timeout_s, keep_bytes, size = frames.REQUEST.unpack(self._receive(frames.REQUEST.size))
            request = frames.Request(operation, timeout_s, keep_bytes, self._receive(size))
            try:
                reply = operations[operation](request)
            except OSError as error:
                reply = frames.Reply(frames.FAILURE, error.errno or 0, 0, 0.0, str(error).encode())
            self._connection.sendall(reply.pack())
            self._settle()

    def _receive(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            block = self._connection.recv(min(size - len(data), 1 << 20))
            if not block:
                os._exit(0)
            data += block
        return bytes(data)

    def _execute(self, request: frames.Request) -> frames.Reply:
        self._token += 1
        output = os.open(f"o.{self._token}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._control)
        shell = self._shell
        shell.send(self._token, request.payload)
        self._poll.register(shell.status, select.POLLIN)

        def ended(events: dict[int, int]) -> int | None:
            code = self._read_status() if shell.status in events else None
            return self._ended.get(shell.pid) if code is None else code

        reply = self._await(request, output, ended, self._kept)
        self._poll.unregister(shell.status)
        os.unlink(f"o.{self._token}", dir_fd=self._control)
        return reply

    def _read_status(self) -> int | None:
        for line in os.read(self._shell.status, 4096).splitlines():
            token, _, code = line.partition(b" ")
            if token == b"%d" % self._token and code.isdigit():
                return int(code)
        return None

    def _run(self, request: frames.Request) -> frames.Reply:
        kept = self._names()
        output, writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        pid = spawn_once(request.payload, self._environment, self._workdir, writing)
        self._limit(pid)
        reply = self._await(request, output, lambda _: self._ended.get(pid), kept)
        processes.kill_not_kept(kept)
        return reply

    def _await(
        self, request: frames.Request, output: int, ended: Any, kept: set[tuple[int, int]]
    ) -> frames.Reply:
        """Collect output until ``ended`` gives a status, or the time is over and everything not kept is killed."""
        kept = set(kept)
        collected = BoundedOutput(request.keep_bytes)
        start = time.monotonic()
        deadline, tick = start + request.timeout_s, start + _TICK_S
        self._poll.register(output, select.POLLIN)
        while True:
            now = time.monotonic()
            events = self._pump(max(0.0, min(deadline, tick) - now))
            if output in events and not self._feed(output, collected):
                self._poll.unregister(output)
            code: int | None = ended(events)
            if code is not None or time.monotonic() >= deadline:
                break
            if time.monotonic() >= tick:
                tick = time.monotonic() + _TICK_S
                self._watch(collected, kept)
        if code is None:
            processes.kill_not_kept(kept)
        self._drain(output, collected)
        flags = (frames.TIMED_OUT if code is None else 0) | (frames.TRUNCATED if collected.truncated else 0)
        duration = time.monotonic() - start
        return frames.Reply(frames.RESULT, code or 0, flags, duration, collected.value())

    def _feed(self, output: int, collected: BoundedOutput) -> bool:
        try:
            data = os.read(output, _CHUNK)
        except BlockingIOError:
            return True
        collected.feed(data)
        return bool(data)

    def _drain(self, output: int, collected: BoundedOutput) -> None:
        """Take what the pipe holds; whoever still writes to it may go on, unheard."""
        try:
            for _ in range(1 + (1 << 20) // 4096):
                data = os.read(output, _CHUNK)
                if not data:
                    os.close(output)
                    return
                collected.feed(data)
        except BlockingIOError:
            pass
        self._poll.register(output, select.POLLIN)
        self._late.add(output)

    def _pump(self, wait_s: float | None) -> dict[int, int]:
        """Wait for something to happen; tends to children and to pipes of ended commands by itself."""
        events = dict(self._poll.poll(None if wait_s is None else wait_s * 1000 + 0.999))
        owner = self._connection.fileno()
        if events.get(owner, 0) & (select.POLLHUP | select.POLLERR):
            os._exit(0)
        if self._wake in events:
            os.read(self._wake, 4096)
            self._reap()
        for descriptor in self._late & events.keys():
            if not self._feed(descriptor, BoundedOutput(0)):
                self._poll.unregister(descriptor)
                self._late.discard(descriptor)
                os.close(descriptor)
        return events

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            self._ended[pid] = code if code >= 0 else 128 - code

    def _watch(self, collected: BoundedOutput, kept: set[tuple[int, int]]) -> None:
        """Enforce the limits on all processes together, and learn which new ones belong to kept ones."""
        table = processes.read_table()
        doomed = processes.not_kept(table, kept)
        kept.update((p.pid, p.started) for p in table.values() if p not in doomed)
        if len(table) > self._limits["processes"]:
            processes.kill_all()
            collected.feed(b"\n[sandbox: killed: more than %d processes]\n" % self._limits["processes"])
        elif sum(p.memory_bytes for p in table.values()) > self._limits["memory_bytes"]:
            processes.kill(max(table.values(), key=lambda p: p.memory_bytes).pid)
            collected.feed(
                b"\n[sandbox: killed: more than %d bytes of memory]\n" % self._limits["memory_bytes"]
            )

    def _settle(self) -> None:
        """Between two commands: renew the shell if it ended, and remember what runs."""
        self._reap()
        if self._shell.pid in self._ended:
            self._shell.close()
            self._start_shell()
        else:
            self._remember_folder()
            self._make_pipe()
        self._ended.clear()
        self._kept = {name for name in self._names() if name[0] != self._shell.pid}

    def _names(self) -> set[tuple[int, int]]:
        return {(p.pid, p.started) for p in processes.read_table().values()}

    def _remember_folder(self) -> None:
        try:
            self._folder = os.readlink(f"/proc/{self._shell.pid}/cwd")
        except OSError:
            return

    def _start_shell(self) -> None:
        folder = self._folder if os.path.isdir(self._folder) else self._workdir
        self._shell = Shell(self._environment, folder, f"{CONTROL}/o")
        self._limit(self._shell.pid)
        self._make_pipe()

    def _make_pipe(self) -> None:
        try:
            os.mkfifo(f"o.{self._token + 1}", 0o600, dir_fd=self._control)
        except FileExistsError:
            return

    def _limit(self, pid: int) -> None:
        try:
            resource.prlimit(pid, resource.RLIMIT_CPU, (self._limits["cpu_s"], self._limits["cpu_s"]))
        except ProcessLookupError:
            return

    def _read(self, request: frames.Request) -> frames.Reply:
        path = os.path.join(self._workdir, os.fsdecode(request.payload))
        with open(self._open_regular(path, os.O_RDONLY), "rb") as file:
            data = file.read(request.keep_bytes + 1)
        if len(data) > request.keep_bytes:
            raise OSError(27, f"{path}: larger than {request.keep_bytes} bytes")
        return frames.Reply(frames.RESULT, 0, 0, 0.0, data)

    def _write(self, request: frames.Request) -> frames.Reply:
        name, _, content = request.payload.partition(b"\0")
        path = os.path.join(self._workdir, os.fsdecode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(self._open_regular(path, os.O_WRONLY | os.O_CREAT), "wb") as file:
            file.truncate()
            file.write(content)
        return frames.Reply(frames.RESULT, 0, 0, 0.0, b"")

    def _open_regular(self, path: str, flags: int) -> int:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o644)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_dev == self._proc_device:
            os.close(descriptor)
            raise OSError(22, f"{path}: not a regular file")
        return descriptor

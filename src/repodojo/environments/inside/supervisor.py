"""Process 1 of a sandbox: runs commands for the owner at the other end of a socket, and ends what they start.

When the owner goes away it ends, and the kernel ends every process of the sandbox with it.
"""

import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from repodojo.environments.inside import frames, processes
from repodojo.environments.inside.bounded_output import BoundedOutput
from repodojo.environments.inside.files import read_file, write_file
from repodojo.environments.inside.mounts import CONTROL
from repodojo.environments.inside.shell import Shell, spawn_once

_TICK_S = 0.1
_CHUNK = 1 << 18
_DRAIN_READS = 256

Events = dict[int, int]


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
        self._kept: set[processes.Name] = set()
        self._ended: dict[int, int] = {}
        self._late: set[int] = set()
        self._wake, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._poll.register(connection.fileno(), 0)
        self._poll.register(self._wake, select.POLLIN)
        self._start_shell()
        self._output = self._make_pipe()

    def serve(self) -> None:
        """Answer requests until the owner hangs up."""
        operations = {
            frames.EXECUTE: self._execute,
            frames.RUN: self._run,
            frames.READ: self._read,
            frames.WRITE: self._write,
        }
        while True:
            request = self._next_request()
            try:
                reply = operations[request.operation](request)
            except OSError as error:
                reply = frames.Reply(frames.FAILURE, error.errno or 0, 0, 0.0, str(error).encode())
            self._connection.sendall(reply.pack())
            self._settle(request.operation == frames.EXECUTE)

    def _next_request(self) -> frames.Request:
        owner = self._connection.fileno()
        self._poll.modify(owner, select.POLLIN)
        while owner not in self._pump(_TICK_S if self._kept else None):
            if self._kept:
                self._watch(BoundedOutput(0), self._kept)
        self._poll.modify(owner, 0)
        operation, timeout_s, keep_bytes, size = frames.REQUEST.unpack(self._receive(frames.REQUEST.size))
        return frames.Request(operation, timeout_s, keep_bytes, self._receive(size))

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            block = self._connection.recv(size - len(data), socket.MSG_WAITALL)
            if not block:
                os._exit(0)
            data = data + block if data else block
        return data

    def _execute(self, request: frames.Request) -> frames.Reply:
        shell = self._shell
        self._poll.register(shell.status, select.POLLIN)
        shell.send(self._token, request.payload)

        def ended(events: Events) -> int | None:
            code = self._read_status() if shell.status in events else None
            return self._ended.get(shell.pid) if code is None else code

        reply = self._await(request, self._output, ended, self._kept)
        self._poll.unregister(shell.status)
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

    def _read(self, request: frames.Request) -> frames.Reply:
        path = os.path.join(self._workdir, os.fsdecode(request.payload))
        return frames.Reply(frames.RESULT, 0, 0, 0.0, read_file(path, request.keep_bytes))

    def _write(self, request: frames.Request) -> frames.Reply:
        name, _, content = request.payload.partition(b"\0")
        write_file(os.path.join(self._workdir, os.fsdecode(name)), content)
        return frames.Reply(frames.RESULT, 0, 0, 0.0, b"")

    def _await(
        self,
        request: frames.Request,
        output: int,
        ended: Callable[[Events], int | None],
        kept: set[processes.Name],
    ) -> frames.Reply:
        """Collect output until ``ended`` gives a status, or time is over and what is not kept is killed."""
        kept = set(kept)
        collected = BoundedOutput(request.keep_bytes)
        start = time.monotonic()
        deadline, tick = start + request.timeout_s, start + _TICK_S
        self._poll.register(output, select.POLLIN)
        is_open = True
        while True:
            events = self._pump(max(0.0, min(deadline, tick) - time.monotonic()))
            if is_open and output in events and not self._feed(output, collected):
                self._poll.unregister(output)
                is_open = False
            code = ended(events)
            now = time.monotonic()
            if code is not None or now >= deadline:
                break
            if now >= tick:
                tick = now + _TICK_S
                self._watch(collected, kept)
        if code is None:
            processes.kill_not_kept(kept)
        self._drain(output, is_open, collected)
        flags = (frames.TIMED_OUT if code is None else 0) | (frames.TRUNCATED if collected.truncated else 0)
        return frames.Reply(frames.RESULT, code or 0, flags, time.monotonic() - start, collected.value())

    def _feed(self, output: int, collected: BoundedOutput) -> bool:
        """Take what is there; False at the end of the stream."""
        try:
            data = os.read(output, _CHUNK)
        except BlockingIOError:
            return True
        collected.feed(data)
        return bool(data)

    def _drain(self, output: int, is_open: bool, collected: BoundedOutput) -> None:
        """Take what the pipe holds; whoever still writes to it may go on, unheard."""
        for _ in range(_DRAIN_READS):
            try:
                data = os.read(output, _CHUNK)
            except BlockingIOError:
                break
            if not data:
                if is_open:
                    self._poll.unregister(output)
                os.close(output)
                return
            collected.feed(data)
        if not is_open:
            self._poll.register(output, select.POLLIN)
        self._late.add(output)

    def _pump(self, wait_s: float | None) -> Events:
        """Wait for something to happen; tends to children and to pipes of ended commands by itself."""
        events = dict(self._poll.poll(None if wait_s is None else wait_s * 1000 + 0.999))
        if events.get(self._connection.fileno(), 0) & (select.POLLHUP | select.POLLERR):
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

    def _watch(self, collected: BoundedOutput, kept: set[processes.Name]) -> None:
        """Enforce the limits on all processes together, and learn which new ones descend from kept ones."""
        table = processes.read_table()
        threads = sum(process.threads for process in table.values())
        if max(threads, len(processes.list_pids())) > self._limits["processes"]:
            processes.kill_all()
            collected.feed(b"\n[sandbox: more than %d processes: all killed]\n" % self._limits["processes"])
        elif sum(process.memory_bytes for process in table.values()) > self._limits["memory_bytes"]:
            processes.kill(max(table.values(), key=lambda process: process.memory_bytes).pid)
            limit = self._limits["memory_bytes"] >> 20
            collected.feed(b"\n[sandbox: more than %d MiB of memory: the largest process killed]\n" % limit)
        elif kept:
            doomed = {process.pid for process in processes.not_kept(table, kept)}
            kept.update(process.name for process in table.values() if process.pid not in doomed)

    def _settle(self, executed: bool) -> None:
        """Between two commands: renew what the last one used up or ended, and remember what runs."""
        self._reap()
        if executed:
            os.unlink(self._pipe_name(), dir_fd=self._control)
            self._output = self._make_pipe()
        if self._shell.pid in self._ended:
            self._shell.close()
            self._start_shell()
        self._ended.clear()
        self._remember_folder()
        own = self._shell.pid
        self._kept = set() if self._is_alone() else {name for name in self._names() if name[0] != own}

    def _is_alone(self) -> bool:
        try:
            return processes.children_of(1) == [self._shell.pid] and not processes.children_of(
                self._shell.pid
            )
        except OSError:
            return False

    def _names(self) -> set[processes.Name]:
        return {process.name for process in processes.read_table().values()}

    def _remember_folder(self) -> None:
        try:
            self._folder = os.readlink(f"/proc/{self._shell.pid}/cwd")
        except OSError:
            return

    def _start_shell(self) -> None:
        folder = self._folder if os.path.isdir(self._folder) else self._workdir
        self._shell = Shell(self._environment, folder, f"{CONTROL}/o")
        self._limit(self._shell.pid)

    def _pipe_name(self) -> str:
        return f"o.{self._token}"

    def _make_pipe(self) -> int:
        """Make the pipe that the next command's output goes to, and return its reading end."""
        self._token += 1
        os.mkfifo(self._pipe_name(), 0o600, dir_fd=self._control)
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(self._pipe_name(), flags, dir_fd=self._control)

    def _limit(self, pid: int) -> None:
        seconds = self._limits["cpu_s"]
        try:
            resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
        except ProcessLookupError:
            return

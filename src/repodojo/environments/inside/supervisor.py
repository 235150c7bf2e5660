"""Process 1 of a sandbox: runs commands for the owner at the other end, and ends what they start.

When the owner goes away it ends, and the kernel ends every process of the sandbox with it.
"""

import errno
import json
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from repodojo.environments.inside import frames, processes
from repodojo.environments.inside.bounded_output import BoundedOutput
from repodojo.environments.inside.control_groups import Bounds
from repodojo.environments.inside.files import read_file, write_file
from repodojo.environments.inside.launcher import Launcher
from repodojo.environments.inside.mechanisms import name_mechanisms
from repodojo.environments.inside.mounts import CONTROL, Handles
from repodojo.environments.inside.python_program import fork_python
from repodojo.environments.inside.reactor import Connection, Events, Reactor, take
from repodojo.environments.inside.session import ShellSession
from repodojo.environments.inside.shell import fit_command, spawn_once
from repodojo.environments.inside.store import pack_store
from repodojo.environments.inside.victims import Victims
from repodojo.environments.inside.watchdog import Watchdog

_TICK_S = 0.1
_DRAIN_READS = 256
_BLOCK = 1 << 16
_OUTPUT_SHARE = 8
"""Of the memory that process 1 may have, one part in so many for a command's output, which it copies."""


class Supervisor:
    """Serves one owner."""

    def __init__(
        self, connection: Connection, plan: dict[str, Any], handles: Handles, bounds: Bounds
    ) -> None:
        self._connection = connection
        self._environment: dict[str, str] = plan["environment"]
        self._workdir: str = plan["workdir"]
        self._control = handles.control
        self._store = f"/proc/self/fd/{handles.store}"
        self._kept: set[processes.Name] = set()
        self._disk_bytes: int = plan["limits"]["disk_bytes"]
        self._largest_output = plan["limits"]["memory_bytes"] // _OUTPUT_SHARE
        self._watchdog = Watchdog(plan["limits"], bounds.kills)
        self._mechanisms = name_mechanisms(bounds.by, handles.layering, plan["counts_processes"])
        self._reactor = Reactor(connection)
        self._births = processes.BirthCounter()
        self._start = Launcher(
            Victims(handles.score), self._reactor, plan["niceness"], plan["limits"]["cpu_s"]
        )
        self._session = ShellSession(
            self._reactor, self._environment, self._workdir, self._control, self._start
        )

    def serve(self) -> None:
        """Answer requests until the owner hangs up."""
        operations = {
            frames.EXECUTE: self._execute,
            frames.RUN: self._run,
            frames.PYTHON: self._run,
            frames.READ: self._read,
            frames.WRITE: self._write,
            frames.SNAPSHOT: self._snapshot,
            frames.DESCRIBE: self._describe,
        }
        while True:
            request = self._next_request()
            try:
                answer = operations[request.operation](request).pack()
            except (OSError, MemoryError, RecursionError) as error:
                # Too large or too deep a file or folder is the command's doing: it must not end the sandbox.
                number = getattr(error, "errno", None) or errno.ENOMEM
                text = str(error) or os.strerror(number)
                answer = frames.Reply(frames.FAILURE, number, 0, 0.0, text.encode()).pack()
            self._connection.sendall(answer)
            self._settle()

    def _next_request(self) -> frames.Request:
        while not self._reactor.wait_for_owner(_TICK_S if self._kept else None):
            if self._kept:
                self._watchdog.look(self._kept)
        data = self._receive(frames.REQUEST.size)
        operation, timeout_s, keep_bytes, size = frames.REQUEST.unpack_from(data)
        payload = data[frames.REQUEST.size :]
        if len(payload) < size:
            payload += self._receive(size - len(payload))
        return frames.Request(operation, timeout_s, keep_bytes, payload)

    def _receive(self, least: int) -> bytes:
        data = self._connection.recv(_BLOCK)
        while data and len(data) < least:
            block = self._connection.recv(max(_BLOCK, least - len(data)))
            data = data + block if block else b""
        if not data:
            os._exit(0)
        return data

    def _execute(self, request: frames.Request) -> frames.Reply:
        code_of = self._session.send(request.payload)
        return self._collect(request, self._session.output, code_of, self._kept)

    def _run(self, request: frames.Request) -> frames.Reply:
        kept = {process.name for process in processes.read_table().values()}
        output, writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        self._reactor.watch(output)
        if request.operation == frames.PYTHON:
            path = os.fsdecode(request.payload)
            pid = self._start(partial(fork_python, path, self._environment, self._workdir, writing))
        else:
            command = fit_command(request.payload, f"{CONTROL}/once", self._control)
            pid = self._start(partial(spawn_once, command, self._environment, self._workdir, writing))
        os.close(writing)
        reply = self._collect(request, output, lambda _: self._reactor.ended.get(pid), kept)
        processes.kill_not_kept(kept)
        self._reactor.forget(output)
        os.close(output)
        return reply

    def _read(self, request: frames.Request) -> frames.Reply:
        path = os.path.join(self._workdir, os.fsdecode(request.payload))
        return frames.Reply(frames.RESULT, 0, 0, 0.0, read_file(path, request.keep_bytes))

    def _write(self, request: frames.Request) -> frames.Reply:
        name, _, content = request.payload.partition(b"\0")
        write_file(os.path.join(self._workdir, os.fsdecode(name)), content)
        return frames.Reply(frames.RESULT, 0, 0, 0.0, b"")

    def _snapshot(self, _: frames.Request) -> frames.Reply:
        """Send what was written, in parts, while nothing writes."""
        processes.signal_all(signal.SIGSTOP)
        try:
            pack_store(self._store, self._send_part, self._disk_bytes)
        finally:
            processes.signal_all(signal.SIGCONT)
        return frames.Reply(frames.RESULT, 0, 0, 0.0, b"")

    def _describe(self, _: frames.Request) -> frames.Reply:
        return frames.Reply(frames.RESULT, 0, 0, 0.0, json.dumps(self._mechanisms).encode())

    def _send_part(self, data: bytes) -> None:
        self._connection.sendall(frames.Reply(frames.PART, 0, 0, 0.0, data).pack())

    def _collect(
        self,
        request: frames.Request,
        output: int,
        code_of: Callable[[Events], int | None],
        kept: set[processes.Name],
    ) -> frames.Reply:
        """Collect output until there is an exit code, or time is over and what is not kept is killed."""
        kept = set(kept)
        self._watchdog.begin()
        collected = BoundedOutput(min(request.keep_bytes, self._largest_output))
        start = now = time.monotonic()
        deadline, tick = start + request.timeout_s, start + _TICK_S
        code = None
        while code is None and now < deadline:
            events = self._reactor.wait(max(0.0, min(deadline, tick) - now))
            if output in events:
                self._feed(output, collected)
            code = code_of(events)
            now = time.monotonic()
            if now >= tick:
                tick = now + _TICK_S
                collected.feed(self._watchdog.look(kept))
        if code is None:
            processes.kill_not_kept(kept)
            self._reactor.reap()
        # What was written before the status came is in the pipe; what still writes to it may go on, unheard.
        for _ in range(_DRAIN_READS):
            if not self._feed(output, collected):
                break
        collected.feed(self._watchdog.tell_kills())
        flags = (frames.TIMED_OUT if code is None else 0) | (frames.TRUNCATED if collected.truncated else 0)
        return frames.Reply(frames.RESULT, code or 0, flags, now - start, collected.value())

    def _feed(self, output: int, collected: BoundedOutput) -> bool:
        data = take(output)
        if data:
            collected.feed(data)
        elif data is not None:
            self._reactor.forget(output)
        return bool(data)

    def _settle(self) -> None:
        """Between two commands: renew what the last one used up or ended, and remember what runs."""
        if self._watchdog.killed_all:
            self._watchdog.killed_all = False
            self._session.replace()
        if self._births.has_changed() or self._kept:
            self._remember_processes()
        self._session.settle(is_alone=not self._kept)
        self._reactor.ended.clear()

    def _remember_processes(self) -> None:
        shell = self._session.pid
        try:
            is_alone = processes.children_of(1) == [shell] and not processes.children_of(shell)
        except OSError:
            is_alone = False
        table = {} if is_alone else processes.read_table()
        self._kept = {process.name for process in table.values() if process.pid != shell}

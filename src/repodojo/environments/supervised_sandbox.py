"""A running sandbox of either backend, seen from its owner: requests to its process 1 over a connection."""

import json
import math
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from repodojo.environments.inside import frames
from repodojo.environments.sandbox import ExecResult, SandboxSpec, Snapshot
from repodojo.environments.worktree_diff import diff_command
from repodojo.errors import SandboxError, UntakenPatchError

BASE = "/run/base"
"""Where the topmost layer's repository is seen as it was when the sandbox started."""
_START_S = 60.0
_LEAST_BYTES_PER_S = 1 << 20
_FILE_S = 60.0
_GRACE_S = 30.0
_LARGEST_FILE = 256 << 20
_BLOCK = 1 << 16


class Connection(Protocol):
    """What joins an owner to a sandbox's process 1; a socket is one."""

    def recv(self, size: int, /) -> bytes:
        """Read at most ``size`` bytes; none at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Write everything."""

    def setsockopt(self, level: int, option: int, value: bytes, /) -> None:
        """Set an option of the underlying socket."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Bound every wait."""

    def shutdown(self, how: int, /) -> None:
        """Hang up, for threads that wait too."""

    def close(self) -> None:
        """Let go of it."""


class SupervisedSandbox:
    """A running sandbox; safe to use from several threads, one command at a time."""

    def __init__(self, connect: Callable[[bytes], Connection], spec: SandboxSpec) -> None:
        """Start process 1 with ``connect``, which takes the archive of a snapshot, or nothing."""
        self._connect = connect
        self._connection = connect(b"")
        self._spec = spec
        self._has_base = has_repository(spec)
        self._lock = threading.Lock()
        self._patience_s = 0

    def execute(self, command: str, timeout_s: float) -> ExecResult:
        """Run a command in the persistent shell: folder, variables and background jobs carry over."""
        return self._command(frames.EXECUTE, command, timeout_s, self._spec.limits.output_bytes)

    def run(self, command: str, timeout_s: float) -> ExecResult:
        """Run a command in a new, clean shell in ``workdir``; what it leaves running is ended."""
        return self._command(frames.RUN, command, timeout_s, self._spec.limits.output_bytes)

    def run_python(self, path: str, timeout_s: float) -> ExecResult:
        """Run a Python file as `run` would, with nothing but the standard library on its path."""
        return self._command(frames.PYTHON, path, timeout_s, self._spec.limits.output_bytes)

    def read(self, path: str) -> bytes:
        """Read a file; a relative path starts at ``workdir``."""
        return self._request(frames.READ, _FILE_S, _LARGEST_FILE, os.fsencode(path)).payload

    def write(self, path: str, content: bytes) -> None:
        """Write a file, making its folders."""
        self._request(frames.WRITE, _FILE_S, 0, os.fsencode(path) + b"\0" + content)

    def diff(self, base: str) -> str:
        """Return ``git diff`` of everything (new files too) against a commit.

        Raises:
            UntakenPatchError: git failed (on a disk that the agent filled, say) or took a minute, or the
                difference is larger than 256 MiB: none of which an honest change comes near to.
            SandboxError: the sandbox is lost.
        """
        command = diff_command(base, BASE if self._has_base else self._spec.workdir, self._spec.workdir)
        result = self._command(frames.RUN, command, _FILE_S, _LARGEST_FILE)
        if result.exit_code != 0 or result.truncated:
            told = "too large" if result.truncated else result.text[-500:].strip()
            told = f"not done after {_FILE_S:g} s" if result.timed_out else told
            raise UntakenPatchError(f"diff against {base}: exit code {result.exit_code}: {told}")
        return result.output.decode("utf-8", errors="surrogateescape")

    def snapshot(self) -> Snapshot:
        """Keep the files as they are now; processes are paused meanwhile, and go on."""
        parts: list[bytes] = []
        self._request(frames.SNAPSHOT, _FILE_S, 0, b"", parts)
        return Snapshot(b"".join(parts))

    def restore(self, snapshot: Snapshot) -> None:
        """Put the files back; every process ends, and the shell starts anew."""
        with self._lock:
            self._hang_up()
            self._connection = self._connect(snapshot.archive)
            self._patience_s = 0

    def mechanisms(self) -> Mapping[str, str]:
        """Name what enforces each limit here."""
        found: dict[str, str] = json.loads(self._request(frames.DESCRIBE, _FILE_S, 0, b"").payload)
        return found

    def close(self) -> None:
        """End the sandbox and leave nothing of it."""
        self._hang_up()

    def _hang_up(self) -> None:
        # A thread that waits for an answer would keep a merely closed socket open.
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _command(self, operation: bytes, command: str, timeout_s: float, keep_bytes: int) -> ExecResult:
        text = command.encode("utf-8", errors="surrogateescape")
        reply = self._request(operation, timeout_s, keep_bytes, text)
        timed_out = bool(reply.flags & frames.TIMED_OUT)
        return ExecResult(
            output=reply.payload,
            exit_code=None if timed_out else reply.exit_code,
            timed_out=timed_out,
            duration_s=reply.duration_s,
            truncated=bool(reply.flags & frames.TRUNCATED),
        )

    def _request(
        self,
        operation: bytes,
        timeout_s: float,
        keep_bytes: int,
        payload: bytes,
        parts: list[bytes] | None = None,
    ) -> frames.Reply:
        with self._lock:
            try:
                self._wait_for(timeout_s + _GRACE_S)
                self._connection.sendall(frames.Request(operation, timeout_s, keep_bytes, payload).pack())
                reply = receive_reply(self._connection, is_last=parts is None)
                while reply.kind == frames.PART and parts is not None:
                    parts.append(reply.payload)
                    reply = receive_reply(self._connection, is_last=False)
            except OSError as error:
                self._connection.close()
                raise SandboxError(f"sandbox lost: {error or type(error).__name__}") from error
        if reply.kind == frames.FAILURE:
            raise SandboxError(reply.payload.decode(errors="replace"))
        return reply

    def _wait_for(self, seconds: float) -> None:
        """Let the kernel bound every wait: Python's own time limit takes further system calls for each."""
        if not self._patience_s / 2 < seconds <= self._patience_s:
            self._patience_s = math.ceil(seconds)
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self._connection.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", self._patience_s, 0))


def start_patience_s(archive: bytes) -> float:
    """Return how long a start may take that unpacks the archive of a snapshot, on a busy machine."""
    return _START_S + len(archive) / _LEAST_BYTES_PER_S


def has_repository(spec: SandboxSpec) -> bool:
    """Whether a layer brings a repository, whose first state is then seen at `BASE`."""
    return any((layer / ".git").is_dir() for layer in spec.layers)


def receive_reply(connection: Connection, is_last: bool = True) -> frames.Reply:
    """Read one reply, and nothing of what may follow unless it is the last one.

    Raises:
        OSError: the other end hung up, or was silent for too long.
    """
    head = frames.REPLY.size
    block = _BLOCK if is_last else 0
    data = _receive(connection, b"", head, block)
    kind, exit_code, flags, duration_s, size = frames.REPLY.unpack_from(data)
    if len(data) < head + size:
        data = _receive(connection, data, head + size, block)
    return frames.Reply(kind, exit_code, flags, duration_s, data[head:])


def _receive(connection: Connection, start: bytes, size: int, block_size: int) -> bytes:
    """Return at least ``size`` bytes, ``start`` among them, read in blocks of at least ``block_size``."""
    blocks, have = [start], len(start)
    while have < size:
        block = connection.recv(max(block_size, size - have))
        if not block:
            raise ConnectionResetError("its process 1 ended")
        blocks.append(block)
        have += len(block)
    return b"".join(blocks)

"""Sandboxes from Linux namespaces and an overlay file system: no daemon, no image, no privilege.

A small helper process, started with the first sandbox, clones each sandbox into its own user, mount, process,
IPC, host-name and network namespaces (`inside.spawner`); process 1 in there serves this side over a socket
(`inside.supervisor`). Layers are stacked by overlayfs; everything written goes to a tmpfs of fixed size.

What is enforced, by what: disk and number of files by the tmpfs; memory, processes and wall time by process
1, ten times a second, and memory, open files, file size and CPU seconds of each process by rlimits.

What this does not protect against: faults of the kernel itself; timing and cache side channels between
sandboxes; reading the kernel's version, processors and load; memory taken faster than the watch looks (each
process alone is still bounded). A sandbox started by root runs with root's user id, without any capability,
and sees read-only what the plan shows and nothing else of the host.
"""

import errno
import json
import math
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from repodojo.environments.host_base import SEARCH_PATH, host_base
from repodojo.environments.inside import frames
from repodojo.environments.sandbox import ExecResult, SandboxSpec
from repodojo.environments.spawner_process import Preload, SpawnerProcess, preload_of
from repodojo.environments.worktree_diff import diff_command
from repodojo.errors import SandboxError

_START_S = 60.0
_GRACE_S = 30.0
_LARGEST_FILE = 256 << 20
_BLOCK = 1 << 16
_HOME = "/home/dojo"
_BASE = "/run/base"
_BOOT = (
    "import sys; sys.path[:0] = sys.argv[1:]; from repodojo.environments.inside.spawner import main; main()"
)


class NamespaceSandbox:
    """A running sandbox; safe to use from several threads, one command at a time."""

    def __init__(self, connection: socket.socket, spec: SandboxSpec, has_base: bool) -> None:
        self._connection = connection
        self._spec = spec
        self._has_base = has_base
        self._lock = threading.Lock()
        self._patience_s = 0
        connection.settimeout(None)

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
        return self._request(frames.READ, _START_S, _LARGEST_FILE, os.fsencode(path)).payload

    def write(self, path: str, content: bytes) -> None:
        """Write a file, making its folders."""
        self._request(frames.WRITE, _START_S, 0, os.fsencode(path) + b"\0" + content)

    def diff(self, base: str) -> str:
        """Return ``git diff`` of everything (new files too) against a commit.

        Raises:
            SandboxError: git failed, or the difference is larger than 256 MiB.
        """
        command = diff_command(base, _BASE if self._has_base else self._spec.workdir, self._spec.workdir)
        result = self._command(frames.RUN, command, _START_S, _LARGEST_FILE)
        if result.exit_code != 0 or result.truncated:
            raise SandboxError(f"diff against {base}: exit code {result.exit_code}: {result.text[-500:]}")
        return result.output.decode("utf-8", errors="surrogateescape")

    def close(self) -> None:
        """End the sandbox and leave nothing of it."""
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

    def _request(self, operation: bytes, timeout_s: float, keep_bytes: int, payload: bytes) -> frames.Reply:
        with self._lock:
            try:
                self._wait_for(timeout_s + _GRACE_S)
                self._connection.sendall(frames.Request(operation, timeout_s, keep_bytes, payload).pack())
                reply = receive_reply(self._connection)
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


class NamespaceSandboxes:
    """Starts sandboxes; safe to use from several threads."""

    def __init__(self, name: str = "namespaces", copies_layers: bool = False) -> None:
        """Start nothing yet; ``copies_layers`` does without overlayfs, as before Linux 6.6 all do."""
        self.name = name
        self._copies_layers = copies_layers
        self._lock = threading.Lock()
        self._spawners: dict[Preload, SpawnerProcess] = {}

    @contextmanager
    def start(self, spec: SandboxSpec) -> Iterator[NamespaceSandbox]:
        """Start a sandbox; leaving the context closes it.

        Raises:
            SandboxError: it cannot be started; the message says why and what to do.
        """
        plan, has_base = _plan(spec, self._copies_layers)
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._spawner(preload_of(spec)).send(plan, theirs)
            ours.settimeout(_START_S)
            try:
                reply = receive_reply(ours)
            except OSError as error:
                raise SandboxError(f"the sandbox did not start: {error or type(error).__name__}") from error
            if reply.kind == frames.FAILURE:
                raise SandboxError(explain(reply.exit_code, reply.payload.decode(errors="replace")))
            sandbox = NamespaceSandbox(ours, spec, has_base)
            try:
                yield sandbox
            finally:
                sandbox.close()

    def check_support(self) -> None:
        """Start and end a sandbox without layers.

        Raises:
            SandboxError: naming the kernel setting that refuses, and what to do.
        """
        with self.start(SandboxSpec(layers=())) as sandbox:
            sandbox.run("true", 10)

    def helper_pids(self) -> list[int]:
        """Return the processes that sandboxes are forked from."""
        with self._lock:
            return [spawner.pid for spawner in self._spawners.values()]

    def close(self) -> None:
        """End the helper processes, and with them every sandbox."""
        with self._lock:
            for spawner in self._spawners.values():
                spawner.close()
            self._spawners.clear()

    def _spawner(self, preload: Preload) -> SpawnerProcess:
        with self._lock:
            return self._spawners.setdefault(preload, SpawnerProcess(preload))


def receive_reply(connection: socket.socket) -> frames.Reply:
    """Read one reply.

    Raises:
        OSError: the other end hung up, or was silent for too long.
    """
    head = frames.REPLY.size
    data = _receive(connection, b"", head)
    kind, exit_code, flags, duration_s, size = frames.REPLY.unpack_from(data)
    if len(data) < head + size:
        data = _receive(connection, data, head + size)
    return frames.Reply(kind, exit_code, flags, duration_s, data[head:])


def _receive(connection: socket.socket, start: bytes, size: int) -> bytes:
    """Return at least ``size`` bytes, ``start`` among them."""
    blocks, have = [start], len(start)
    while have < size:
        block = connection.recv(max(_BLOCK, size - have))
        if not block:
            raise ConnectionResetError("its process 1 ended")
        blocks.append(block)
        have += len(block)
    return b"".join(blocks)


def _plan(spec: SandboxSpec, copies_layers: bool) -> tuple[bytes, bool]:
    base = host_base()
    layers = [str(layer.resolve()) for layer in spec.layers]
    for path in [*spec.layers, *(mount.source for mount in spec.mounts)]:
        if not path.exists():
            raise SandboxError(f"the sandbox cannot start: {path} does not exist")
    trees = [
        *((tree, tree) for tree in base.trees),
        *((str(mount.source.resolve()), mount.target) for mount in spec.mounts),
    ]
    histories = [layer for layer in spec.layers if (layer / ".git").is_dir()]
    if histories:
        trees.append((str(histories[0].resolve() / ".git"), f"{_BASE}/.git"))
    plan: dict[str, Any] = {
        "layers": layers,
        "workdir": spec.workdir,
        "trees": trees,
        "masks": base.masks,
        "links": base.links,
        "files": base.files,
        "limits": asdict(spec.limits),
        "network": spec.network,
        "environment": {"PATH": SEARCH_PATH, "HOME": _HOME, **spec.environment},
        "copies_layers": copies_layers,
    }
    return json.dumps(plan).encode(), bool(histories)


def explain(code: int, text: str) -> str:
    """Say what to do about a refusal by the kernel."""
    hints = [
        f"{name} is {value}: {advice}"
        for name, bad, advice in _SETTINGS
        if (value := _setting(name)) is not None and value == bad
    ]
    if not hints and code in (errno.EPERM, errno.EACCES, errno.ENOSPC):
        hints = ["a container needs --security-opt seccomp=unconfined --security-opt systempaths=unconfined"]
    if code in (errno.ENODEV, errno.EINVAL, errno.ENOSYS):
        hints.append(f"Linux 5.12 or later with overlayfs is needed, this is {os.uname().release}")
    return "; ".join([f"sandboxes cannot start here: {text}", *hints])


_SETTINGS = (
    ("kernel.unprivileged_userns_clone", "0", "run 'sysctl -w kernel.unprivileged_userns_clone=1' as root"),
    (
        "kernel.apparmor_restrict_unprivileged_userns",
        "1",
        "run 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' as root",
    ),
    ("user.max_user_namespaces", "0", "run 'sysctl -w user.max_user_namespaces=15000' as root"),
)


def _setting(name: str) -> str | None:
    try:
        return Path("/proc/sys", name.replace(".", "/")).read_text().strip()
    except OSError:
        return None

"""Sandboxes from Linux namespaces and an overlay file system: no daemon, no image, no privilege.

A small helper process, started with the first sandbox, clones each sandbox into its own user, mount, process,
IPC, host-name and network namespaces (`inside.spawner`); process 1 in there serves this side over a socket
(`inside.supervisor`). Layers are stacked by overlayfs; everything written goes to a tmpfs of fixed size.

What is enforced, by what: disk and number of files by the tmpfs; memory and processes by a control group of
version 1 or 2 where one may be made (as root, or where systemd delegates: ``systemd-run --user --scope``),
and always by process 1, ten times a second; wall time by process 1; number of processes, and memory, open
files, file size and CPU seconds of each, by rlimits. A sandbox's `mechanisms` name what holds there.

What this does not protect against: faults of the kernel itself; timing and cache side channels between
sandboxes, and locks on the base's files; reading the kernel's version, processors and load, and, where it has
no overlays, where mounts lie on the host, whose files then share locks; using up what the kernel counts by
user or by machine and no namespace bounds (epoll's watches, the memory of TCP, the owner's pipes, which then
get small buffers); without a control group, memory taken faster than the watch looks (each process alone is
still bounded) or held where no process shows it (buffers of sockets and pipes, locks, epoll's watches);
processor time of many short processes, which wall time alone bounds. No rlimit
counts root's processes: as root and without a control group a fork bomb lives until the watch sees it, on
Linux 6.14 and later no larger than about a thousand processes. A sandbox started by root runs with root's
user id, without any capability, and sees read-only what the plan shows and nothing else of the host. Packages
named by ``preload`` are imported outside a sandbox, as pip installed them.

System packages that a sandbox asks for must be on this host; it is shown their files (`host_packages`).
"""

import json
import platform
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from repodojo.environments.elsewhere import revive
from repodojo.environments.host_base import SEARCH_PATH, host_base
from repodojo.environments.host_packages import host_packages, package_programs, package_trees
from repodojo.environments.inside import frames
from repodojo.environments.kernel_support import explain
from repodojo.environments.sandbox import SandboxSpec
from repodojo.environments.spawner_process import Preload, SpawnerProcess, preload_of
from repodojo.environments.supervised_sandbox import BASE, SupervisedSandbox, receive_reply, start_patience_s
from repodojo.environments.surroundings import PROGRAMS
from repodojo.errors import BuildError, SandboxError

_HOME = "/home/dojo"


class NamespaceSandboxes:
    """Starts sandboxes; safe to use from several threads."""

    def __init__(
        self, name: str = "namespaces", copies_layers: bool = False, control_groups: bool = True
    ) -> None:
        """Start nothing yet.

        Args:
            name: of the backend, for records.
            copies_layers: does without overlayfs, as before Linux 6.6 all do.
            control_groups: used where one may be made; without, rlimits and a watchdog stand alone.
        """
        self.name = name
        self._control_groups = control_groups
        self._copies_layers = copies_layers
        self._lock = threading.Lock()
        self._spawners: dict[Preload, SpawnerProcess] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return revive, (type(self), self.name, self._copies_layers, self._control_groups)

    @property
    def base(self) -> str:
        """The backend and the version of this Python, which sandboxes have too."""
        return f"namespaces, Python {platform.python_version()}"

    def system_packages(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return each package of this host as ``name=version``; nothing is installed here.

        Raises:
            LackingPackagesError: this host lacks some; the message holds the command that adds them.
            BuildError: this host is no Debian.
        """
        return host_packages(names)

    @contextmanager
    def start(self, spec: SandboxSpec) -> Iterator[SupervisedSandbox]:
        """Start a sandbox; leaving the context closes it.

        Raises:
            SandboxError: it cannot be started; the message says why and what to do.
        """
        sandbox = SupervisedSandbox(partial(self._connect, spec), spec)
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

    def _connect(self, spec: SandboxSpec, archive: bytes) -> socket.socket:
        """Start process 1 and return the socket that it serves."""
        plan = _plan(spec, self._copies_layers, self._control_groups, len(archive))
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._spawner(preload_of(spec)).send(plan, theirs)
            ours.settimeout(start_patience_s(archive))
            ours.sendall(archive)
            reply = receive_reply(ours)
            ours.settimeout(None)
        except OSError as error:
            ours.close()
            raise SandboxError(f"the sandbox did not start: {error or type(error).__name__}") from error
        except SandboxError:
            ours.close()
            raise
        if reply.kind == frames.FAILURE:
            ours.close()
            raise SandboxError(explain(reply.exit_code, reply.payload.decode(errors="replace")))
        return ours

    def _spawner(self, preload: Preload) -> SpawnerProcess:
        with self._lock:
            return self._spawners.setdefault(preload, SpawnerProcess(preload))


def _plan(spec: SandboxSpec, copies_layers: bool, control_groups: bool, snapshot_bytes: int) -> bytes:
    base = host_base()
    try:
        packages = package_trees(spec.system_packages)
        programs = package_programs(spec.system_packages)
    except BuildError as error:
        raise SandboxError(f"the sandbox cannot start: {error}") from error
    layers = [str(layer.resolve()) for layer in spec.layers]
    for path in [*spec.layers, *(mount.source for mount in spec.mounts)]:
        if not path.exists():
            raise SandboxError(f"the sandbox cannot start: {path} does not exist")
    veiled = [(str(mount.source.resolve()), mount.target) for mount in spec.mounts]
    histories = [layer for layer in spec.layers if (layer / ".git").is_dir()]
    if histories:
        veiled.append((str(histories[0].resolve() / ".git"), f"{BASE}/.git"))
    plan: dict[str, Any] = {
        "layers": layers,
        "workdir": spec.workdir,
        "trees": [(tree, tree) for tree in (*base.trees, *packages)],
        "veiled": veiled,
        "masks": base.masks,
        "links": base.links,
        "files": {**base.files, **({PROGRAMS: "\n".join(programs)} if programs else {})},
        "limits": asdict(spec.limits),
        "network": spec.network,
        "environment": {"PATH": SEARCH_PATH, "HOME": _HOME, **spec.environment},
        "copies_layers": copies_layers,
        "control_groups": control_groups,
        "user": None,
        "snapshot_bytes": snapshot_bytes,
    }
    return json.dumps(plan).encode()

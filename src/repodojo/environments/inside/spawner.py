"""A small process that forks sandboxes for its owner, which with its threads and memory had better not.

It receives a plan and a socket for each sandbox, and clones a child into new namespaces and a control group,
which it removes when the child has ended. It ends when its owner does, and its sandboxes with it.
"""

import array
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Collection
from contextlib import suppress
from typing import Any, NoReturn

from repodojo.environments.inside import frames, mounts, syscalls
from repodojo.environments.inside.control_groups import PIDS, find_bounds
from repodojo.environments.inside.group_folders import Group, find_parents, make_group
from repodojo.environments.inside.preload import preload_modules
from repodojo.environments.inside.seal import seal
from repodojo.environments.inside.store import Inlet
from repodojo.environments.inside.supervisor import Supervisor

_CMSG_CLOEXEC = 0x40000000
_LARGEST_PLAN = 1 << 18
_INNER_ID = 1000
_SPACES = (
    syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
)
_END_S = 5.0
_PREFERENCE = 10
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


class Spawner:
    """Starts sandboxes in control groups, and removes these."""

    def __init__(self, owner: socket.socket, parent: int) -> None:
        self._own = (owner, parent)
        self._identity = (os.geteuid(), os.getegid())
        self._parents = find_parents()
        self._groups: dict[int, Group] = {}
        self._started = 0
        self.poll = select.poll()
        self.poll.register(owner, select.POLLIN)
        self.poll.register(parent, select.POLLIN)

    def start(self, plan: dict[str, Any], connection: socket.socket) -> None:
        """Start a sandbox that serves a connection, or say there why not."""
        spaces = _SPACES if plan["network"] == "host" else _SPACES | syscalls.CLONE_NEWNET
        self._started += 1
        parents = self._parents if plan["control_groups"] else {}
        plan["niceness"] = os.getpriority(os.PRIO_PROCESS, 0)
        group = make_group(parents, self._started, plan["limits"])
        try:
            pid = syscalls.clone(spaces)
        except OSError as error:
            _report(connection, error)
            group.let_go()
            group.remove()
            return
        if pid == 0:
            self._become(group, plan, connection)
        group.let_go()
        try:
            _prefer(pid)
            handle = syscalls.pidfd_open(pid)
        except ProcessLookupError:
            group.remove()
            return
        self._groups[handle] = group
        self.poll.register(handle, select.POLLIN)

    def tidy(self, handles: Collection[int]) -> None:
        """Remove the groups of sandboxes that ended."""
        for handle in handles & self._groups.keys():
            self.poll.unregister(handle)
            os.close(handle)
            self._groups.pop(handle).remove()

    def end(self) -> None:
        """End every sandbox, and wait until nothing is left of it."""
        for handle in self._groups:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        deadline = time.monotonic() + _END_S
        for descriptor in self._own:
            self.poll.unregister(descriptor)
        while self._groups and time.monotonic() < deadline:
            self.tidy(dict(self.poll.poll(_END_S * 1000)).keys())

    def _become(self, group: Group, plan: dict[str, Any], connection: socket.socket) -> NoReturn:
        try:
            syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
            group.join()
            _let_go(self._own, self._groups)
            _become_sandbox(plan, connection, self._identity)
        except BaseException as error:
            _report(connection, error)
        finally:
            os._exit(1)


def _prefer(pid: int) -> None:
    """Run process 1 before its commands, which it makes wait again; only root may ask for that.

    It is root's processes, too, whose number no rlimit bounds (setrlimit(2), RLIMIT_NPROC): a swarm must not
    keep process 1 from ending it.
    """
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) - _PREFERENCE)


def main() -> None:
    """Serve the owner, whose socket is descriptor 0, until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    owner = socket.socket(fileno=os.dup(0))
    parent = syscalls.pidfd_open(os.getppid())
    folders, modules = json.loads(sys.argv[2])
    if modules:
        preload_modules(folders, modules)
    spawner = Spawner(owner, parent)
    gc.collect()
    gc.freeze()
    try:
        _serve(spawner, owner, parent)
    finally:
        spawner.end()


def _serve(spawner: Spawner, owner: socket.socket, parent: int) -> None:
    while True:
        events = dict(spawner.poll.poll())
        spawner.tidy(events.keys())
        if parent in events:
            return
        if owner.fileno() in events:
            request = _receive(owner)
            if request is None:
                return
            plan, connection = request
            spawner.start(plan, connection)
            connection.close()


def _receive(owner: socket.socket) -> tuple[dict[str, Any], socket.socket] | None:
    text, ancillary, _, _ = owner.recvmsg(_LARGEST_PLAN, socket.CMSG_LEN(4), _CMSG_CLOEXEC)
    if not text:
        return None
    descriptors = array.array("i")
    descriptors.frombytes(ancillary[0][2][:4])
    return json.loads(text), socket.socket(fileno=descriptors[0])


def _let_go(own: tuple[socket.socket, int], handles: Collection[int]) -> None:
    """Keep nothing of the spawner's own descriptors, least of all its owner's socket."""
    own[0].close()
    for descriptor in (own[1], *handles):
        os.close(descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _report(connection: socket.socket, error: BaseException) -> None:
    text = str(error) if isinstance(error, OSError) else "".join(traceback.format_exception(error))
    errno = error.errno if isinstance(error, OSError) and error.errno else 0
    connection.sendall(frames.Reply(frames.FAILURE, errno, 0, 0.0, text.encode()).pack())


def _become_sandbox(plan: dict[str, Any], connection: socket.socket, identity: tuple[int, int]) -> None:
    syscalls.blank_arguments()
    mounts.map_user(*identity, _INNER_ID)
    bounds = find_bounds(plan["limits"])
    plan["counts_processes"] = identity[0] != 0
    syscalls.unshare(syscalls.CLONE_NEWCGROUP)
    os.setsid()
    os.umask(0o022)
    size = plan["snapshot_bytes"]
    handles = mounts.build_root(plan, Inlet(connection.recv, size) if size else None)
    socket.sethostname("sandbox")
    if plan["network"] == "none":
        _raise_loopback()
    seal(plan["limits"], caps_pids=identity[0] == 0 and PIDS not in bounds.by)
    supervisor = Supervisor(connection, plan, handles, bounds)
    connection.sendall(frames.Reply(frames.RESULT, 0, 0, 0.0, b"").pack())
    supervisor.serve()


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, b"lo".ljust(16, b"\0") + _IFF_UP.to_bytes(24, "little"))


if __name__ == "__main__":
    main()

"""The helper process that starts sandboxes, seen from its owner."""

import errno
import json
import resource
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import repodojo
from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import SandboxError

_BOOT = (
    "import sys; sys.path[:0] = sys.argv[1:2]; from repodojo.environments.inside.spawner import main; main()"
)
_TRIES = 2
_MORE_FILES = "raise the hard limit on open files ('ulimit -Hn')"


@dataclass(frozen=True)
class Preload:
    """What the helper imports before it forks; what differs here needs a helper of its own."""

    modules: tuple[str, ...] = ()
    folders: tuple[tuple[str, str], ...] = ()
    """Folders of the host to import from, and where sandboxes see them."""
    environment: tuple[tuple[str, str], ...] = ()
    """What a Python reads when it starts, such as ``PYTHONHASHSEED``."""


def preload_of(spec: SandboxSpec) -> Preload:
    """Return what to import for a sandbox: modules from the mounts on its ``PYTHONPATH``."""
    if not spec.preload:
        return Preload()
    search = spec.environment.get("PYTHONPATH", "").split(":")
    folders = tuple(
        (str(mount.source.resolve()), mount.target) for mount in spec.mounts if mount.target in search
    )
    names = sorted(
        name for name in spec.environment if name.startswith(("PYTHON", "LC_")) and name != "PYTHONPATH"
    )
    settings = tuple((name, spec.environment[name]) for name in names if name != "PYTHONPATH")
    return Preload(spec.preload, folders, settings)


class SpawnerProcess:
    """A helper process, started with the first sandbox and again if it dies; safe for several threads."""

    def __init__(self, preload: Preload) -> None:
        self._preload = preload
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 before its start."""
        return self._process.pid if self._process else 0

    def send(self, plan: bytes, connection: socket.socket) -> None:
        """Hand over a sandbox's plan and the socket that it shall serve.

        Raises:
            SandboxError: the process cannot be kept alive, or the kernel passes no descriptor on.
        """
        failure = ""
        with self._lock:
            for _ in range(_TRIES):
                channel = self._ensure()
                try:
                    _send(channel, plan, connection)
                    return
                except OSError as error:
                    if error.errno == errno.ETOOMANYREFS:
                        raise SandboxError(f"the sandbox cannot start: {error}; {_MORE_FILES}") from error
                    failure = str(error)
                    self._end()
        raise SandboxError(f"the helper process that starts sandboxes ended: {failure}")

    def close(self) -> None:
        """End it, and with it every sandbox that it started."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _ensure(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._channel is None:
            self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            orders = json.dumps([self._preload.folders, self._preload.modules])
            source = str(Path(repodojo.__file__).parent.parent)
            with theirs:
                self._process = subprocess.Popen(
                    [
                        getattr(sys, "_base_executable", sys.executable),
                        "-s",
                        "-S",
                        "-P",
                        "-c",
                        _BOOT,
                        source,
                        orders,
                    ],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env=dict(self._preload.environment),
                    cwd="/",
                    start_new_session=True,
                )
        return self._channel


def _send(channel: socket.socket, plan: bytes, connection: socket.socket) -> None:
    """Send a plan with a socket, which the kernel refuses where the user's processes pass on too many.

    Who they are is one user's, sandboxes' too; how many, each sender's own limit on open files says
    (unix(7), ETOOMANYREFS), which is a sandbox's as well: above it, none of them is in the way.
    """
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", connection.fileno()))]
    try:
        channel.sendmsg([plan], rights)
    except OSError as error:
        if error.errno != errno.ETOOMANYREFS:
            raise
        with _most_open_files():
            channel.sendmsg([plan], rights)


@contextmanager
def _most_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

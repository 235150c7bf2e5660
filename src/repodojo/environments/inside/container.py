"""Process 1 of a container: builds the sandbox's own root from the image, gives up root, serves its owner.

The container grants it the right to mount; it uses that before the first command and never has it again.
"""

import glob
import os
import signal
import traceback
from typing import Any

from repodojo.environments.inside import frames, mounts, syscalls
from repodojo.environments.inside.control_groups import find_bounds
from repodojo.environments.inside.seal import seal
from repodojo.environments.inside.store import Inlet
from repodojo.environments.inside.supervisor import Supervisor

_TOP = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SHOWN = ("/etc/alternatives", "/etc/ld.so.*", "/etc/ssl", "/opt/*")
_SETTINGS = "/usr/share/repodojo/settings"
"""Where an image names what its added packages brought to ``/etc``."""
_PACKAGES = ("/usr/lib", "/usr/local/lib")


class PipeConnection:
    """Standard input and output, used as a socket is."""

    def fileno(self) -> int:
        """Return what to wait for."""
        return 0

    def recv(self, size: int) -> bytes:
        """Read at most ``size`` bytes; none at the end."""
        return os.read(0, size)

    def sendall(self, data: bytes) -> None:
        """Write everything."""
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]


def serve(plan: dict[str, Any]) -> None:
    """Become the sandbox that the plan describes, and answer until the owner hangs up."""
    connection = PipeConnection()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        supervisor = _become_sandbox(plan, connection)
    except BaseException as error:
        text = str(error) if isinstance(error, OSError) else "".join(traceback.format_exception(error))
        errno = error.errno if isinstance(error, OSError) and error.errno else 0
        connection.sendall(frames.Reply(frames.FAILURE, errno, 0, 0.0, text.encode()).pack())
        os._exit(1)
    connection.sendall(frames.Reply(frames.RESULT, 0, 0, 0.0, b"").pack())
    supervisor.serve()


def _become_sandbox(plan: dict[str, Any], connection: PipeConnection) -> Supervisor:
    syscalls.blank_arguments()
    _hide_own_descriptors()
    os.umask(0o022)
    _describe_image(plan)
    bounds = find_bounds(plan["limits"])
    plan |= {"counts_processes": False, "niceness": os.getpriority(os.PRIO_PROCESS, 0)}
    size = plan["snapshot_bytes"]
    handles = mounts.build_root(plan, Inlet(connection.recv, size) if size else None)
    seal(plan["limits"], plan["user"])
    return Supervisor(connection, plan, handles, bounds)


def _hide_own_descriptors() -> None:
    """Keep commands from inheriting the connection; they get their own three descriptors."""
    for descriptor in (0, 1, 2):
        os.set_inheritable(descriptor, False)


def _describe_image(plan: dict[str, Any]) -> None:
    """Add to the plan what is shown of the image: programs and libraries, without installed packages."""
    paths = [path for path in _TOP if os.path.lexists(path)]
    paths += [path for pattern in _SHOWN for path in glob.glob(pattern)]
    if os.path.exists(_SETTINGS):
        with open(_SETTINGS, encoding="utf-8") as file:
            paths += [f"/etc/{name}" for name in file.read().splitlines()]
    links = [path for path in paths if os.path.islink(path)]
    plan["links"] += [(path, os.readlink(path)) for path in links]
    plan["trees"] += [(path, path) for path in paths if path not in links]
    plan["masks"] += [
        path
        for folder in _PACKAGES
        for name in ("site-packages", "dist-packages", "ensurepip/_bundled")
        for path in glob.glob(f"{folder}/python*/{name}")
    ]

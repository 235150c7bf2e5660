"""Closes, before the first command, what the file system leaves open: privileges and unbounded use."""

import os
import re
import resource
from typing import Any

from repodojo.environments.inside import syscalls
from repodojo.environments.inside.seccomp import install_filter

_COUNTS = {
    "sys/kernel/msgmni": "16",
    "sys/kernel/sem": "250 32000 100 128",
    "sys/user/max_inotify_instances": "32",
    "sys/user/max_inotify_watches": "16384",
}
"""What the kernel would else let one sandbox use up for every process of its user."""
_SIGNALS = 4096
_RESERVED_PIDS = 300
_FEWEST_PIDS = 1024


def seal(limits: dict[str, Any], user: int | None = None, caps_pids: bool = False) -> None:
    """Give up everything that commands must not have, for this process and all that descend from it.

    Without ``user`` the caller is alone in a user namespace of its own. With it the caller is a real root,
    becomes that user, and leaves the number of processes, which the kernel counts by user, to a control
    group. With ``caps_pids`` the process ids of the caller's own namespace run out before a swarm is so large
    that it keeps the watchdog from ending it.
    """
    settings = {"sys/kernel/shmall": str(limits["memory_bytes"] // 8 // 4096), **_COUNTS}
    if caps_pids and _has_own_pid_max():
        settings["sys/kernel/pid_max"] = str(max(_FEWEST_PIDS, _RESERVED_PIDS + 4 * limits["processes"]))
    if user is None:
        settings["sys/user/max_user_namespaces"] = "0"
    for name, text in settings.items():
        try:
            with open(f"/proc/{name}", "w") as file:
                file.write(text)
        except OSError:
            continue
    syscalls.restrict_mount("/proc", syscalls.ATTR_RDONLY)
    _bound(limits, counts_processes=user is None)
    syscalls.leave_session_keyring()
    syscalls.drop_bounding_capabilities()
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    syscalls.drop_capabilities(keep_permitted=user is None)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    install_filter()


def _has_own_pid_max() -> bool:
    """Whether each namespace has a ``pid_max``, as of Linux 6.14: before, root would set the host's."""
    major, minor = (int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    return (major, minor) >= (6, 14)


def _bound(limits: dict[str, Any], counts_processes: bool) -> None:
    bounds = [
        (resource.RLIMIT_DATA, limits["memory_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_FSIZE, limits["disk_bytes"]),
        (resource.RLIMIT_CORE, 1),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, _SIGNALS),
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_NICE, 0),
    ]
    if counts_processes:
        bounds.append((resource.RLIMIT_NPROC, limits["processes"] + 2))
    for kind, value in bounds:
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))

"""Control groups: the kernel's own bounds on the memory and the number of processes of a whole sandbox.

Read only: which bounds hold is asked of the kernel, whoever set them.
"""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MEMORY, PIDS = "memory", "pids"
BOUNDS = {
    (MEMORY, 1): ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
    (MEMORY, 2): ("memory.max",),
    (PIDS, 1): ("pids.max",),
    (PIDS, 2): ("pids.max",),
}
"""Files of a group, by controller and version."""
_KILLS = {1: "memory.oom_control", 2: "memory.events"}
_OWN_BYTES = 64 << 20
"""Of memory, for process 1."""


class Hierarchy(NamedTuple):
    """Where a controller is found."""

    version: int
    top: str
    """Where its file system is mounted."""
    own: str
    """Folder of the caller's own group."""


def find_hierarchies() -> dict[str, Hierarchy]:
    """Return, by controller, where the caller's own groups are that this process can see."""
    located = locate_groups(read_lines("/proc/self/cgroup"), read_lines("/proc/self/mountinfo"))
    # A controller is in one hierarchy; where version 1 has it, the other shows it nowhere.
    return {name: place for (name, _), place in sorted(located.items(), key=lambda item: -item[1].version)}


def locate_groups(groups: Iterable[str], mounts: Iterable[str]) -> dict[tuple[str, int], Hierarchy]:
    """Return, by controller and version, where a process's own groups are; pure.

    Args:
        groups: lines of its ``/proc/<pid>/cgroup`` (cgroups(7)).
        mounts: lines of its ``/proc/<pid>/mountinfo`` (proc(5)).
    """
    paths = {}
    for line in groups:
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    found: dict[tuple[str, int], Hierarchy] = {}
    for line in mounts:
        before, _, after = line.partition(" - ")
        root, top = before.split()[3:5]
        kind, _, options = after.split(" ", 2)
        version = {"cgroup": 1, "cgroup2": 2}.get(kind, 0)
        names = {MEMORY, PIDS} & ({MEMORY, PIDS} if version == 2 else set(options.split(",")))
        for name in names if version else ():
            path = os.path.relpath(paths.get(name if version == 1 else "", "/"), root)
            if not path.startswith(".."):
                own = os.path.normpath(os.path.join(top, path))
                found.setdefault((name, version), Hierarchy(version, top, own))
    return found


def most(limits: Mapping[str, int]) -> dict[str, int]:
    """Return a group's bounds by controller; the files of a sandbox's tmpfs count as memory."""
    memory = limits["memory_bytes"] + limits["disk_bytes"] + _OWN_BYTES
    return {MEMORY: memory, PIDS: limits["processes"] + 2}


class Bounds(NamedTuple):
    """What the caller's own group does."""

    by: Mapping[str, str]
    """By controller, what bounds to the limits: ``cgroup v1`` or ``cgroup v2``; none where nothing does."""
    kills: int
    """Handle for `read_kill_count`; -1 where there is none."""


def find_bounds(limits: Mapping[str, int]) -> Bounds:
    """Return what the caller's own group does."""
    wanted, by, kills = most(limits), {}, -1
    for name, hierarchy in find_hierarchies().items():
        text = "".join(read_lines(f"{hierarchy.own}/{BOUNDS[name, hierarchy.version][0]}"))
        if text.isdigit() and int(text) <= wanted[name]:
            by[name] = f"cgroup v{hierarchy.version}"
            if name == MEMORY:
                kills = _open(f"{hierarchy.own}/{_KILLS[hierarchy.version]}")
    return Bounds(by, kills)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def read_kill_count(handle: int) -> int:
    """Return how many processes of the caller's own group the kernel killed for want of memory."""
    if handle < 0:
        return 0
    fields = dict(line.split() for line in os.pread(handle, 4096, 0).decode().splitlines())
    return int(fields.get("oom_kill", 0))


def has_word(folder: str, file: str, word: str) -> bool:
    """Whether a word stands in a file of a group."""
    return any(word in line.split() for line in read_lines(f"{folder}/{file}"))


def read_lines(path: str) -> list[str]:
    """Read a file of the kernel; nothing where it cannot be read."""
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []

"""Makes and removes the control groups of sandboxes.

A sandbox's group of version 1 stands below its starter's own. A group of version 2 that holds processes
cannot bound its children (kernel documentation, cgroup-v2, "No Internal Process Constraint"): there it stands
beside its starter's own, below the nearest ancestor that may bound. Where none may be made, none is.
"""

import os
import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from repodojo.environments.inside.control_groups import (
    BOUNDS,
    MEMORY,
    Hierarchy,
    find_hierarchies,
    has_word,
    most,
)
from repodojo.environments.inside.processes import start_of

_NAME = re.compile(r"repodojo\.(?P<namespace>\d+)\.(?P<pid>\d+)\.(?P<start>\d+)\.\d+")
_TRIES = 100


class Group(NamedTuple):
    """The folders of one sandbox's group, and handles by which a process joins them."""

    folders: tuple[str, ...]
    entries: tuple[int, ...]

    def join(self) -> None:
        """Move the caller, and all that it starts, into the group; it stays out where the kernel refuses."""
        for entry in self.entries:
            try:
                os.write(entry, b"0")
            except OSError:
                continue
        self.let_go()

    def let_go(self) -> None:
        """Close the handles."""
        for entry in self.entries:
            os.close(entry)

    def remove(self) -> None:
        """Remove the folders, which takes a moment after the end of the last process."""
        for folder in self.folders:
            _remove(folder, _TRIES)


def find_parents() -> dict[str, tuple[int, str]]:
    """Return, by controller, the version and the folder below which groups may be made; removes leftovers."""
    parents = {}
    for name, hierarchy in find_hierarchies().items():
        folder = hierarchy.own if hierarchy.version == 1 else _bounding_ancestor(name, hierarchy)
        if folder is not None and os.access(folder, os.W_OK):
            parents[name] = (hierarchy.version, folder)
            _remove_leftovers(folder)
    return parents


def make_group(parents: Mapping[str, tuple[int, str]], number: int, limits: Mapping[str, int]) -> Group:
    """Make a bounded group below each parent, as far as the kernel lets."""
    name = f"repodojo.{_namespace()}.{os.getpid()}.{start_of(os.getpid())}.{number}"
    bounds = most(limits)
    folders: dict[str, int] = {}
    for controller, (version, parent) in parents.items():
        folder = f"{parent}/{name}"
        try:
            if folder not in folders:
                os.mkdir(folder)
                folders[folder] = os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            for file in BOUNDS[controller, version]:
                _write(f"{folder}/{file}", str(bounds[controller]))
            if (controller, version) == (MEMORY, 2):
                _write(f"{folder}/memory.swap.max", "0")
        except OSError:
            # What was not bounded is not named by `find_bounds`.
            continue
    return Group(tuple(folders), tuple(folders.values()))


def _bounding_ancestor(controller: str, hierarchy: Hierarchy) -> str | None:
    folder = hierarchy.own
    is_root = not os.path.exists(f"{folder}/cgroup.type")
    while not is_root and folder != hierarchy.top:
        folder = os.path.dirname(folder)
        if _enables(folder, controller):
            return folder
    return folder if is_root and _enables(folder, controller) else None


def _enables(folder: str, controller: str) -> bool:
    if not has_word(folder, "cgroup.subtree_control", controller):
        try:
            _write(f"{folder}/cgroup.subtree_control", f"+{controller}")
        except OSError:
            return False
    return os.access(f"{folder}/cgroup.procs", os.W_OK)


def _remove_leftovers(parent: str) -> None:
    """Remove the groups of starters that were killed."""
    for name in os.listdir(parent):
        match = _NAME.fullmatch(name)
        if match and match["namespace"] == _namespace() and start_of(int(match["pid"])) != match["start"]:
            _remove(f"{parent}/{name}", 1)


def _remove(folder: str, tries: int) -> None:
    for _ in range(tries):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)
        else:
            return


def _namespace() -> str:
    """Name the caller's process ids: another container's are not to be judged by them."""
    return str(os.stat("/proc/self/ns/pid").st_ino)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)

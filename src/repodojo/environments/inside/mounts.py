"""Builds a sandbox's file system in the namespaces of the calling process, then makes it the root.

What is seen afterwards: the plan's read-only trees, a private ``/proc`` (read-only), a few devices, the
stacked layers at the working folder, and folders to write in. Everything that a sandbox writes, wherever it
writes it, lands in one tmpfs of a fixed size and a fixed number of files.
"""

import os
from typing import Any, NamedTuple

from repodojo.environments.inside import syscalls
from repodojo.environments.inside.store import UPPER, Inlet, unpack_store

CONTROL = "/run/repodojo"
_STAGE = "/tmp"  # noqa: S108  (covered by the new root in this process's own mount namespace)
_STORE = "/run/store"
_EMPTY = f"{_STAGE}/.empty"
_PROC = f"{_STAGE}/proc"
_NOTHING = f"{_STAGE}/.nothing"
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_HIDDEN_PROC = (
    "kcore", "keys", "timer_list", "kmsg", "sched_debug", "latency_stats", "sysrq-trigger", "cmdline",
    "modules", "partitions", "diskstats", "swaps", "mdstat", "kpagecount", "kpageflags", "kpagecgroup",
    "slabinfo", "vmallocinfo", "pagetypeinfo",
)  # fmt: skip
_HIDDEN_PROC_FOLDERS = ("acpi", "asound", "bus", "driver", "fs", "scsi")
_WRITABLE = {"tmp": "/tmp", "home": "/home/dojo", "vartmp": "/var/tmp", "shm": "/dev/shm"}  # noqa: S108
_SAFE = syscalls.ATTR_NOSUID | syscalls.ATTR_NODEV
_BYTES_PER_FILE = 4096


def map_user(outer_uid: int, outer_gid: int, inner_id: int) -> None:
    """Map the one user and group of a new user namespace."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner_id} {outer_uid} 1"),
        ("gid_map", f"{inner_id} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


class Handles(NamedTuple):
    """What process 1 keeps of folders that commands cannot reach."""

    control: int
    """Of `CONTROL`, to write in."""
    store: int
    """Of everything written, to read."""
    score: int
    """Of process 1's own ``oom_score_adj``, to read and to write."""
    layering: str
    """How the layers are stacked: ``overlay`` or ``copy``."""


def build_root(plan: dict[str, Any], snapshot: Inlet | None = None) -> Handles:
    """Build the root that the plan describes, with the files of a snapshot if there is one, and enter it."""
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    trees = [(_restricted(source, syscalls.ATTR_RDONLY | _SAFE), target) for source, target in plan["trees"]]
    devices = [(_restricted(f"/dev/{name}", syscalls.ATTR_NOSUID), f"/dev/{name}") for name in _DEVICES]
    veiled = [(os.open(source, os.O_PATH | os.O_CLOEXEC), target) for source, target in plan["veiled"]]
    layers = [os.open(layer, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) for layer in plan["layers"]]
    syscalls.mount("tmpfs", _STAGE, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=0755,size=64m")
    os.mkdir(_PROC)
    _attach_all(trees)
    for handle, target in veiled:
        _veil(handle, target)
    for path, target in plan["links"]:
        os.makedirs(os.path.dirname(_STAGE + path), exist_ok=True)
        os.symlink(target, _STAGE + path)
    for path, text in plan["files"].items():
        _touch(_STAGE + path, text)
    _attach_all(devices)
    layering = _mount_writable(plan, layers, snapshot)
    kept = os.open(_STAGE + _STORE, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    score = _mount_proc()
    _cover([*plan["masks"], _STORE, *(f"/proc/{name}" for name in _HIDDEN_PROC_FOLDERS)])
    os.makedirs(_STAGE + CONTROL)
    _give(_STAGE + CONTROL, plan)
    control = syscalls.clone_tree(_STAGE + CONTROL)
    for handle in layers:
        os.close(handle)
    os.chdir(_STAGE)
    syscalls.pivot_root_here()
    syscalls.restrict_mount("/", syscalls.ATTR_RDONLY | _SAFE)
    return Handles(control, kept, score, layering)


def _give(path: str, plan: dict[str, Any]) -> None:
    """Let the plan's user write there; None is the caller."""
    if plan["user"] is not None:
        os.chown(path, plan["user"], plan["user"])


def _restricted(source: str, attributes: int) -> int:
    handle = syscalls.clone_tree(source)
    syscalls.restrict_tree(handle, attributes)
    return handle


def _touch(path: str, text: str = "") -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def _attach_all(handles: list[tuple[int, str]]) -> None:
    for handle, target in handles:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            os.makedirs(_STAGE + target, exist_ok=True)
        elif not os.path.exists(_STAGE + target):
            _touch(_STAGE + target)
        syscalls.attach_tree(handle, _STAGE + target)


def _veil(handle: int, target: str) -> None:
    """Show a folder read-only as a file system of its own: no list of mounts tells its place on the host.

    A file, and a folder where overlays are refused, is shown as what it is.
    """
    source, options = f"/proc/self/fd/{handle}", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_RDONLY
    if os.path.isdir(source):
        os.makedirs(_STAGE + target, exist_ok=True)
        try:
            # An overlay without a writable layer needs two; the other is an empty folder, for ever covered.
            lower = f"lowerdir={source}:{_PROC},userxattr"
            syscalls.mount("overlay", _STAGE + target, "overlay", options, lower)
        except OSError:
            _attach_all([(_restricted(source, syscalls.ATTR_RDONLY | _SAFE), target)])
    else:
        _attach_all([(_restricted(source, syscalls.ATTR_RDONLY | _SAFE), target)])
    os.close(handle)


def _cover(targets: list[str]) -> None:
    """Hide folders behind an empty one; cheaper than to unmount, which waits for every processor."""
    os.mkdir(_EMPTY)
    for target in targets:
        if os.path.isdir(_STAGE + target):
            syscalls.attach_tree(_restricted(_EMPTY, syscalls.ATTR_RDONLY | _SAFE), _STAGE + target)
    os.rmdir(_EMPTY)


def _mount_writable(plan: dict[str, Any], layers: list[int], snapshot: Inlet | None) -> str:
    store = _STAGE + _STORE
    os.makedirs(store)
    disk = plan["limits"]["disk_bytes"]
    options = f"mode=0755,size={disk},nr_inodes={max(1024, disk // _BYTES_PER_FILE)}"
    syscalls.mount("tmpfs", store, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, options)
    for name in _WRITABLE:
        os.mkdir(f"{store}/{name}")
        os.chmod(f"{store}/{name}", 0o1777)  # noqa: S103
    os.mkdir(f"{store}/{UPPER}")
    _give(f"{store}/{UPPER}", plan)
    if snapshot is not None:
        unpack_store(snapshot, store)
    for name, target in _WRITABLE.items():
        _attach_all([(syscalls.clone_tree(f"{store}/{name}"), target)])
    workdir = _STAGE + plan["workdir"]
    os.makedirs(workdir, exist_ok=True)
    if layers and not plan["copies_layers"] and _has_attributes(store):
        os.mkdir(f"{store}/work")
        lower = ":".join(f"/proc/self/fd/{handle}" for handle in layers)
        options = f"lowerdir={lower},upperdir={store}/{UPPER},workdir={store}/work,userxattr"
        syscalls.mount("overlay", workdir, "overlay", syscalls.MS_NOSUID | syscalls.MS_NODEV, options)
        return "overlay"
    for handle in reversed(layers if snapshot is None else []):
        copy_layer(f"/proc/self/fd/{handle}", f"{store}/{UPPER}")
    syscalls.attach_tree(syscalls.clone_tree(f"{store}/{UPPER}"), workdir)
    return "copy"


def _has_attributes(folder: str) -> bool:
    """Whether an overlay can mark replaced folders there: Linux gives tmpfs user attributes since 6.6."""
    try:
        os.setxattr(folder, "user.probe", b"")
    except OSError:
        return False
    os.removexattr(folder, "user.probe")
    return True


def copy_layer(source: str, target: str) -> None:
    """Put a layer's files above what ``target`` holds; a whiteout (device 0, 0) removes."""
    with os.scandir(source) as entries:
        for entry in entries:
            path = f"{target}/{entry.name}"
            status = entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                if not os.path.isdir(path) or os.path.islink(path):
                    _remove(path)
                    os.mkdir(path, status.st_mode & 0o777 | 0o700)
                copy_layer(entry.path, path)
                continue
            _remove(path)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), path)
            elif entry.is_file():
                _copy_file(entry.path, path, status)


def _copy_file(source: str, target: str, status: os.stat_result) -> None:
    with open(source, "rb") as reading, open(target, "wb") as writing:
        while block := reading.read(1 << 20):
            writing.write(block)
    os.chmod(target, status.st_mode & 0o777)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        for name in os.listdir(path):
            _remove(f"{path}/{name}")
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _mount_proc() -> int:
    """Mount ``/proc`` and return a handle on the caller's own ``oom_score_adj``."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", _PROC, "proc", flags)
    # Through a mount of its own, since a mount with a file open for writing cannot become read-only.
    own = syscalls.clone_tree(_PROC)
    score = os.open("self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC, dir_fd=own)
    os.close(own)
    _touch(_NOTHING)
    for name in _HIDDEN_PROC:
        if os.path.lexists(f"{_PROC}/{name}"):
            syscalls.attach_tree(_restricted(_NOTHING, syscalls.ATTR_RDONLY | _SAFE), f"{_PROC}/{name}")
    os.unlink(_NOTHING)
    return score

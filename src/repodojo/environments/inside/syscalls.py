"""Linux calls that the standard library lacks, through ctypes; each failure is an OSError naming the call."""

import ctypes
import os
import platform

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2

ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38

_AT_FDCWD = -100
_AT_EMPTY_PATH = 0x1000
_AT_RECURSIVE = 0x8000
_OPEN_TREE_CLONE = 1
_O_CLOEXEC = 0o2000000
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR, _PIDFD_OPEN, _OPENAT2 = 428, 429, 442, 434, 437
_RESOLVE_NO_MAGICLINKS = 2
_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219}
_SIGCHLD = 17
_CAPABILITY_VERSION_3 = 0x20080522


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns_fd")]


class _OpenHow(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("flags", "mode", "resolve")]


def _check(result: int, call: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{call}: {os.strerror(error)}")
    return result


def _number(table: dict[str, int], call: str) -> int:
    machine = platform.machine()
    if machine not in table:
        raise OSError(38, f"{call}: not known for the architecture {machine}")
    return table[machine]


def _syscall(number: int, call: str, *arguments: object) -> int:
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *converted), call)


def clone(flags: int) -> int:
    """Fork into new namespaces; returns 0 in the child. Only for a process with one thread."""
    return _syscall(_number(_CLONE, "clone"), "clone", flags | _SIGCHLD, 0, 0, 0, 0)


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _check(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    """Mount a file system."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode() or None
    )
    _check(result, f"mount {kind} at {target}")


def unmount(target: str) -> None:
    """Detach what is mounted at ``target``; open handles on it go on."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def clone_tree(source: str) -> int:
    """Return a handle on a detached copy of the mounts at and under ``source``."""
    flags = _OPEN_TREE_CLONE | _O_CLOEXEC | _AT_RECURSIVE
    return _syscall(_OPEN_TREE, f"open_tree {source}", _AT_FDCWD, source.encode(), flags)


def restrict_tree(handle: int, attributes: int) -> None:
    """Add attributes to a handle's mounts."""
    value = _MountAttributes(set=attributes)
    flags = _AT_EMPTY_PATH | _AT_RECURSIVE
    _syscall(_MOUNT_SETATTR, "mount_setattr", handle, b"", flags, ctypes.byref(value), ctypes.sizeof(value))


def restrict_mount(target: str, attributes: int) -> None:
    """Add attributes to the one mount at ``target``."""
    value = _MountAttributes(set=attributes)
    call = f"mount_setattr {target}"
    _syscall(_MOUNT_SETATTR, call, _AT_FDCWD, target.encode(), 0, ctypes.byref(value), ctypes.sizeof(value))


def attach_tree(handle: int, target: str) -> None:
    """Mount a detached tree at ``target`` and close its handle."""
    _syscall(_MOVE_MOUNT, f"move_mount {target}", handle, b"", _AT_FDCWD, target.encode(), 4)
    os.close(handle)


def pivot_root_here() -> None:
    """Make the current folder (a mount) the root and detach the old root."""
    _syscall(_number(_PIVOT_ROOT, "pivot_root"), "pivot_root", b".", b".")
    unmount(".")
    os.chdir("/")


def open_unlinked(path: str, flags: int, mode: int = 0, folder: int = _AT_FDCWD) -> int:
    """Open as `os.open` does, but through no link by which ``/proc`` shows descriptors and roots."""
    how = _OpenHow(flags | _O_CLOEXEC, mode, _RESOLVE_NO_MAGICLINKS)
    size = ctypes.sizeof(how)
    return _syscall(_OPENAT2, f"open {path}", folder, os.fsencode(path), ctypes.byref(how), size)


def prctl(option: int, value: int, data: bytes | None = None) -> None:
    """Set one attribute of this process."""
    _check(_libc.prctl(option, ctypes.c_ulong(value), data, 0, 0), f"prctl {option}")


def blank_arguments() -> None:
    """Hide this process's command line from whoever can list it."""
    with open("/proc/self/stat", "rb") as file:
        start, end = (int(field) for field in file.read().rpartition(b")")[2].split()[45:47])
    ctypes.memset(start, 0, end - start)


def leave_session_keyring() -> None:
    """Take a new, empty keyring in place of the one that came with the login."""
    _libc.syscall(ctypes.c_long(_number(_KEYCTL, "keyctl")), ctypes.c_long(1), None)


def pidfd_open(pid: int) -> int:
    """Return a handle that becomes readable when the process ends."""
    return _syscall(_PIDFD_OPEN, "pidfd_open", pid, 0)


def drop_capabilities(keep_permitted: bool = False) -> None:
    """Use no capability any more; kept as permitted, they still guard against being traced."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    _check(_libc.capget(header, data), "capget")
    data[0] = data[2] = data[3] = data[5] = 0
    if not keep_permitted:
        data[1] = data[4] = 0
    _check(_libc.capset(header, data), "capset")


def drop_bounding_capabilities() -> None:
    """Make sure that no program started later can gain a capability."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break

"""Refuses system calls that no repository needs and that widen what a sandbox could reach of the kernel.

A list of refusals, not of permissions: what is not named here still goes through the kernel's own checks.
Refused are namespaces, mounts, kernel keys, tracing, kernel programs, memory that no limit counts
(``memfd_create``), and what all users of a machine share few of (``io_setup``); by their arguments, leases,
which make whoever writes to a file wait, limits and priorities of process 1, which is of the same user, and
sockets that no network namespace bounds (``AF_VSOCK``) or that tell of the host's devices. The limit on core
files stays as it is: at one byte, and at no other size, the kernel does not start the host's handler of
crashes (core(5)). Where the architecture is not known, nothing is filtered.
"""

import ctypes
import errno
import os
import platform
import resource
import socket
import struct

from repodojo.environments.inside import syscalls

_X86_64 = {
    "ptrace": 101, "syslog": 103, "modify_ldt": 154, "pivot_root": 155, "chroot": 161, "acct": 163,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
    "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176,
    "quotactl": 179, "io_setup": 206, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
    "unshare": 272,
    "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313,
    "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_GENERIC = {
    "io_setup": 0, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89,
    "unshare": 97,
    "kexec_load": 104, "init_module": 105, "delete_module": 106, "syslog": 116, "ptrace": 117,
    "reboot": 142, "sethostname": 161, "setdomainname": 162, "add_key": 217, "request_key": 218,
    "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241, "fanotify_init": 262,
    "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
    "process_vm_writev": 271, "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282,
    "kexec_file_load": 294,
}  # fmt: skip
_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438,
    "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
_CLONE3 = 435
_JUDGED_X86_64 = {
    "socket": 41, "socketpair": 53, "clone": 56, "fcntl": 72, "setpriority": 141, "sched_setparam": 142,
    "sched_setscheduler": 144, "setrlimit": 160, "sched_setaffinity": 203, "ioprio_set": 251,
    "prlimit64": 302, "sched_setattr": 314,
}  # fmt: skip
_JUDGED_GENERIC = {
    "socketpair": 199, "fcntl": 25, "ioprio_set": 30, "sched_setparam": 118, "sched_setscheduler": 119,
    "sched_setaffinity": 122, "setpriority": 140, "setrlimit": 164, "socket": 198, "clone": 220,
    "prlimit64": 261, "sched_setattr": 274,
}  # fmt: skip
_ARCHITECTURES = {
    "x86_64": (0xC000003E, _X86_64, _JUDGED_X86_64),
    "aarch64": (0xC00000B7, _GENERIC, _JUDGED_GENERIC),
    "riscv64": (0xC00000F3, _GENERIC, _JUDGED_GENERIC),
}
"""Audit's name, what is refused, and what is judged by its arguments."""
_NAMESPACES = 0x7E020080
_SET_LEASE = 1024
_NETLINK, _ROUTE = 16, 0
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
_ALL_OF_USER = {"setpriority": os.PRIO_USER, "ioprio_set": 3}
_X32_BIT = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, range(16, 64, 8)
_UPPER_HALF = 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NO_EFFECT = _REFUSE
"""Without an error number, the call seems to succeed."""
_PR_SET_SECCOMP, _FILTER_MODE = 22, 2

Line = tuple[int, int, int, int]
"""Of a filter: code, lines to skip if true, lines to skip if false, constant."""


def filter_program(machine: str) -> list[Line]:
    """Return the filter's lines; none for unknown machines."""
    if machine not in _ARCHITECTURES:
        return []
    audit, table, judged = _ARCHITECTURES[machine]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, audit),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
        # The flags of clone3 lie in memory, out of a filter's sight; without it, the C library uses clone.
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]
    for number in sorted({**table, **_EVERYWHERE}.values()):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    for name, lines in _judgements().items():
        program += [(_EQUAL, 0, len(lines), judged[name]), *lines]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _judgements() -> dict[str, list[Line]]:
    """Return, by system call, lines that judge it by its arguments, and end."""
    refuse, no_such_family = _REFUSE | errno.EPERM, _REFUSE | errno.EAFNOSUPPORT
    of_process_1 = ("sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr")
    return {
        "clone": _judge([(0, _ANY_BIT, _NAMESPACES)], refuse, _ALLOW),
        "fcntl": _judge([(1, _EQUAL, _SET_LEASE)], refuse, _ALLOW),
        "socket": _judge_sockets(no_such_family),
        "socketpair": _judge([(0, _EQUAL, socket.AF_UNIX)], _ALLOW, no_such_family),
        "setrlimit": _judge([(0, _EQUAL, resource.RLIMIT_CORE)], _NO_EFFECT, _ALLOW),
        "prlimit64": _judge_limits(refuse),
        **{name: _judge([(0, _EQUAL, 1)], refuse, _ALLOW) for name in of_process_1},
        **{
            name: _judge([(0, _EQUAL, everyone), (1, _EQUAL, 1)], refuse, _ALLOW)
            for name, everyone in _ALL_OF_USER.items()
        },
    }


def _judge(conditions: list[tuple[int, int, int]], then: int, otherwise: int) -> list[Line]:
    """Return lines that end with ``then`` where any condition holds: place, comparison, 32-bit constant."""
    lines: list[Line] = []
    for left, (place, comparison, constant) in zip(
        range(len(conditions) - 1, -1, -1), conditions, strict=True
    ):
        lines += [(_LOAD, 0, 0, _ARGUMENTS[place]), (comparison, 2 * left + 1, 0, constant)]
    return [*lines, (_RETURN, 0, 0, otherwise), (_RETURN, 0, 0, then)]


def _judge_sockets(refuse: int) -> list[Line]:
    """Return lines for ``socket``: of netlink only what tells of the network's own interfaces is allowed."""
    return [
        (_LOAD, 0, 0, _ARGUMENTS[0]),
        *((_EQUAL, left + 4, 0, family) for left, family in zip((2, 1, 0), _FAMILIES, strict=True)),
        (_EQUAL, 0, 2, _NETLINK),
        (_LOAD, 0, 0, _ARGUMENTS[2]),
        (_EQUAL, 1, 0, _ROUTE),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _judge_limits(refuse: int) -> list[Line]:
    """Return lines for ``prlimit64``: process 1 is refused, and no other limit on core files is set."""
    return [
        (_LOAD, 0, 0, _ARGUMENTS[0]),
        (_EQUAL, 8, 0, 1),
        (_LOAD, 0, 0, _ARGUMENTS[1]),
        (_EQUAL, 0, 4, resource.RLIMIT_CORE),
        # An address, none where the limit is only read.
        (_LOAD, 0, 0, _ARGUMENTS[2]),
        (_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, _ARGUMENTS[2] + _UPPER_HALF),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NO_EFFECT),
        (_RETURN, 0, 0, refuse),
    ]


def install_filter() -> None:
    """Bind this process and all that descend from it; needs ``no_new_privs``."""
    program = filter_program(platform.machine())
    if not program:
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    syscalls.prctl(_PR_SET_SECCOMP, _FILTER_MODE, header)

"""Refuses system calls that no repository needs and that widen what a sandbox could reach of the kernel.

A list of refusals, not of permissions: what is not named here still goes through the kernel's own checks.
Refused are namespaces, mounts, kernel keys, tracing, kernel programs, memory that no limit counts
(``memfd_create``), what all users of a machine share few of (``io_setup``), and leases, which make whoever
writes to a file wait. Where the architecture is not known, nothing is filtered.
"""

import ctypes
import errno
import platform
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
_NAMESPACES = 0x7E020080
_ARCHITECTURES = {
    "x86_64": (0xC000003E, 56, 72, _X86_64),
    "aarch64": (0xC00000B7, 220, 25, _GENERIC),
    "riscv64": (0xC00000F3, 220, 25, _GENERIC),
}
"""Audit's name, the numbers of ``clone`` and ``fcntl``, and what is refused."""
_SET_LEASE = 1024
_X32_BIT = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_PR_SET_SECCOMP, _FILTER_MODE = 22, 2


def filter_program(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter's lines (code, jump if true, jump if false, constant); none for unknown machines."""
    if machine not in _ARCHITECTURES:
        return []
    audit, clone, fcntl, table = _ARCHITECTURES[machine]
    refused = sorted({**table, **_EVERYWHERE}.values())
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
    for number in refused:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    return [
        *program,
        (_EQUAL, 0, 3, fcntl),
        (_LOAD, 0, 0, _SECOND_ARGUMENT),
        (_EQUAL, 0, 5, _SET_LEASE),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_EQUAL, 0, 3, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _NAMESPACES),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def install_filter() -> None:
    """Bind this process and all that descend from it; needs ``no_new_privs``."""
    program = filter_program(platform.machine())
    if not program:
        return
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    syscalls.prctl(_PR_SET_SECCOMP, _FILTER_MODE, header)

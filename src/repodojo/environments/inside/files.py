"""Reads and writes regular files for the owner, from inside the sandbox, so that no link leads out of it.

Nor does one lead to the descriptors of process 1, who does this: a path through ``/proc/self/fd`` is refused.
"""

import errno
import os
import stat

from repodojo.environments.inside.syscalls import open_unlinked

_FOLDER = os.O_PATH | os.O_DIRECTORY


def read_file(path: str, largest: int) -> bytes:
    """Return a regular file's content.

    Raises:
        OSError: it is not there, not a regular file of the sandbox, or larger than ``largest`` bytes.
    """
    with open(_open_regular(path, os.O_RDONLY), "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EFBIG, f"{path}: larger than {largest} bytes")
    return data


def write_file(path: str, content: bytes) -> None:
    """Write a regular file, making its folders."""
    _make_folders(os.path.dirname(path))
    with open(_open_regular(path, os.O_WRONLY | os.O_CREAT), "wb") as file:
        file.truncate()
        file.write(content)


def _make_folders(path: str) -> None:
    """Make what is missing of a folder, an absolute path, one name after another."""
    current = open_unlinked("/", _FOLDER)
    try:
        for name in filter(None, path.split("/")):
            try:
                following = open_unlinked(name, _FOLDER, folder=current)
            except FileNotFoundError:
                os.mkdir(name, dir_fd=current)
                following = open_unlinked(name, _FOLDER, folder=current)
            os.close(current)
            current = following
    finally:
        os.close(current)


def _open_regular(path: str, flags: int) -> int:
    mode = 0o644 if flags & os.O_CREAT else 0
    descriptor = open_unlinked(path, flags | os.O_NONBLOCK | os.O_NOCTTY, mode)
    status = os.fstat(descriptor)
    # What /proc shows of this very process, a link made by the sandbox must not reach.
    if not stat.S_ISREG(status.st_mode) or status.st_dev == os.stat("/proc").st_dev:
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"{path}: not a regular file")
    return descriptor

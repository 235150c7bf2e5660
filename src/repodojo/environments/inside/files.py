"""Reads and writes regular files for the owner, from inside the sandbox, so that no link leads out of it."""

import os
import stat


def read_file(path: str, largest: int) -> bytes:
    """Return a regular file's content.

    Raises:
        OSError: it is not there, not a regular file of the sandbox, or larger than ``largest`` bytes.
    """
    with open(_open_regular(path, os.O_RDONLY), "rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(27, f"{path}: larger than {largest} bytes")
    return data


def write_file(path: str, content: bytes) -> None:
    """Write a regular file, making its folders."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(_open_regular(path, os.O_WRONLY | os.O_CREAT), "wb") as file:
        file.truncate()
        file.write(content)


def _open_regular(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o644)
    status = os.fstat(descriptor)
    # What /proc shows of this very process, a link made by the sandbox must not reach.
    if not stat.S_ISREG(status.st_mode) or status.st_dev == os.stat("/proc").st_dev:
        os.close(descriptor)
        raise OSError(22, f"{path}: not a regular file")
    return descriptor

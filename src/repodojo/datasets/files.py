"""Files that are whole or absent: written to a temporary name, then renamed."""

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from repodojo.errors import InputError
from repodojo.unfinished import unfinished, write_text

CHUNK = 1 << 20

logger = logging.getLogger(__name__)


def write_json(path: Path, value: Any, indent: int | None = None) -> None:
    """Write a JSON file so that no reader ever sees half of it."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def read_json(path: Path) -> Any | None:
    """Read a JSON file; None where it is missing or torn."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return None


def read_fields(path: Path, **kinds: type) -> dict[str, Any] | None:
    """Read a JSON object that has fields of these types; None where it is missing, torn or anything else."""
    value = read_json(path)
    if isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in kinds.items()):
        return value
    return None


def check_writable(folder: Path) -> None:
    """Try to write a file of 1 MiB.

    Raises:
        InputError: the folder cannot be made or written, or its disk is full.
    """
    probe = unfinished(folder / "probe")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(CHUNK))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"the data folder {folder}: expected room to write, found: {error.strerror or error}; "
            f"make room or mend the folder, or set REPODOJO_DATA to another one"
        ) from error


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of a folder's files with their names."""
    if path.is_dir():
        digest = hashlib.sha256()
        for member in sorted(item for item in path.rglob("*") if item.is_file()):
            digest.update(f"{member.relative_to(path).as_posix()}\0{file_digest(member)}\n".encode())
        return digest.hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a folder and keep other runs out of the block: a second one waits until the first is done.

    A process that ends, however it does, lets go. File systems without such locks keep nobody out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            _wait_for(handle, folder)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.info("another run works in %s; waiting for it to end", folder)
        fcntl.flock(handle, fcntl.LOCK_EX)

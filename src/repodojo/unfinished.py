"""Files, links and folders that are whole or absent, and the removal of those whose maker was killed.

What is being made lies hidden beside its place, under a name that says which process of which machine makes
it, and is renamed when it is whole. Makers on other machines are left alone.
"""

import hashlib
import os
import re
import secrets
import shutil
import socket
from pathlib import Path

_NAME = re.compile(r"\..*\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp")


def unfinished(path: Path) -> Path:
    """Return where to make what will be renamed to ``path``; another place at each call."""
    return path.with_name(f".{path.name}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.tmp")


def write_text(path: Path, text: str) -> None:
    """Write a file so that no reader ever sees half of it, making its folder.

    A lone surrogate, which a byte that is no UTF-8 becomes in a patch, is written as JSON escapes it.

    Raises:
        OSError: nothing of the file is left behind (a full disk, no permission).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = unfinished(path)
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_link(link: Path, target: Path) -> None:
    """Make a symbolic link, in place of what stands there."""
    temporary = unfinished(link)
    temporary.symlink_to(target)
    temporary.replace(link)


def sweep(folder: Path) -> None:
    """Remove what killed processes of this machine left unfinished in a folder."""
    for path in folder.glob(".*.tmp") if folder.is_dir() else ():
        found = _NAME.fullmatch(path.name)
        if found and found[1] == _machine() and not Path("/proc", found[2]).exists():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)  # a child of the killed may still write there
            else:
                path.unlink(missing_ok=True)


def _machine() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]

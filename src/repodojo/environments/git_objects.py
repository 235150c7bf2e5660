"""Git's own hashes of files, trees and a root commit, computed without git; pure but for reading a folder."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

IDENTITY = "RepoDojo <repodojo@example.invalid>"
TIMESTAMP = 946684800
MESSAGE = "Base of the instance\n"
_LEFT_OUT_FOLDERS = frozenset({".git", "__pycache__"})


class Blob(NamedTuple):
    """A file as git sees it."""

    mode: str
    """``100644``, ``100755`` or, for a symbolic link, ``120000``."""
    content: bytes


Tree = Mapping[str, Blob]
"""Files by path, relative and with forward slashes."""


def read_tree(folder: Path) -> dict[str, Blob]:
    """Read every file of a folder; repositories and bytecode are left out."""
    blobs: dict[str, Blob] = {}
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [name for name in folders if name not in _LEFT_OUT_FOLDERS and name not in links]
        for name in [*files, *links]:
            path = Path(parent, name)
            if name != ".git" and not name.endswith(".pyc"):
                blobs[path.relative_to(folder).as_posix()] = read_blob(path)
    return blobs


def read_blob(path: Path) -> Blob:
    """Read one file or link."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return Blob("120000", os.fsencode(path.readlink()))
    return Blob("100755" if status.st_mode & stat.S_IXUSR else "100644", path.read_bytes())


def blob_hash(blob: Blob) -> str:
    """Return the hash of a file's content."""
    return _hash("blob", blob.content).hex()


def commit_hash(tree: Tree) -> str:
    """Return the hash of the root commit that holds exactly this tree."""
    return _hash("commit", commit_text(tree_hash(tree))).hex()


def commit_text(tree: str) -> bytes:
    """Return the content of the commit object."""
    stamp = f"{IDENTITY} {TIMESTAMP} +0000"
    return f"tree {tree}\nauthor {stamp}\ncommitter {stamp}\n\n{MESSAGE}".encode()


def tree_hash(tree: Tree) -> str:
    """Return the hash of a tree."""
    root: dict[bytes, object] = {}
    for path, blob in tree.items():
        *folders, name = os.fsencode(path).split(b"/")
        node = root
        for folder in folders:
            node = node.setdefault(folder, {})  # type: ignore[assignment]
        node[name] = blob
    return _hash_node(root).hex()


def _hash_node(node: dict[bytes, object]) -> bytes:
    entries = []
    for name, child in node.items():
        if isinstance(child, Blob):
            entries.append((name, child.mode.encode(), _hash("blob", child.content)))
        else:
            entries.append((name + b"/", b"40000", _hash_node(child)))  # type: ignore[arg-type]
    entries.sort()
    lines = (mode + b" " + name.rstrip(b"/") + b"\0" + digest for name, mode, digest in entries)
    return _hash("tree", b"".join(lines))


def _hash(kind: str, content: bytes) -> bytes:
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).digest()

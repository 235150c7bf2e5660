"""Writes trees to folders, and patches trees; equal files of many trees are one file on disk, linked."""

import errno
import hashlib
import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from repodojo.environments.base_repository import run_git
from repodojo.environments.git_objects import Blob, Tree, read_tree
from repodojo.errors import BuildError
from repodojo.grading.patches import touched_paths
from repodojo.unfinished import unfinished

REFUSALS = ("case_clash: ", "no_path: ", "outside: ")
"""How the error begins of a tree that cannot be written on this machine, whatever is made of it."""
_STORE = ".blobs"
_NO_PATH = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EILSEQ)


def write_tree(tree: Tree, folder: Path, root: Path) -> None:
    """Write a tree to ``folder`` unless it is there; its files are linked from a store under ``root``.

    Raises:
        BuildError: two paths are the same to this file system, one leads outside, or one cannot be written.
    """
    if folder.is_dir():
        return
    _check_paths(tree)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = unfinished(folder)
    temporary.mkdir()
    try:
        for path, blob in sorted(tree.items()):
            _write(temporary, path, blob, root / _STORE)
        temporary.rename(folder)
    except FileExistsError as error:
        raise BuildError(
            f"case_clash: {error.filename2 or error.filename}: two paths are one file here"
        ) from error
    except OSError as error:
        if error.errno in _NO_PATH:
            raise BuildError(f"no_path: {str(error)[-300:]}") from error
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def links_of(tree: Tree) -> frozenset[str]:
    """Return the paths of a tree's symbolic links."""
    return frozenset(path for path, blob in tree.items() if blob.mode == "120000")


def link_above(path: str, links: Collection[str]) -> str | None:
    """Return the link that a path leads through, if any."""
    return next((above for above in map(str, PurePosixPath(path).parents) if above in links), None)


def _check_paths(tree: Tree) -> None:
    links = links_of(tree)
    for path in tree:
        if path.startswith("/") or ".." in path.split("/"):
            raise BuildError(f"outside: the path {path!r} leads out of the repository")
        if link := link_above(path, links):
            raise BuildError(f"outside: the path {path!r} leads through the link {link!r}")
    if nowhere := next(
        (link for link in links if not tree[link].content or b"\0" in tree[link].content), None
    ):
        raise BuildError(f"no_path: the link {nowhere!r} names no file")


def _write(folder: Path, path: str, blob: Blob, store: Path) -> None:
    target = folder / path
    if blob.mode == "120000":
        write_blob(target, blob)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(_stored(blob, store), target)
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        write_blob(target, blob)


def _stored(blob: Blob, store: Path) -> Path:
    name = hashlib.sha256(blob.mode.encode() + blob.content).hexdigest()
    kept = store / name[:2] / name
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = unfinished(store.parent / name)  # where a kill's leavings are swept
        write_blob(temporary, blob)
        with suppress(FileExistsError):  # in place of a file, it would take that from who links it just now
            os.link(temporary, kept)
        temporary.unlink()
    return kept


def patch_tree(tree: Tree, patches: Sequence[str], root: Path, what: str) -> dict[str, Blob]:
    """Return a tree after patches were applied to it in turn.

    Raises:
        BuildError: one does not apply; the message starts with ``what``.
        InputError: one is refused as a whole.
    """
    folder = unfinished(root / "patched")
    folder.mkdir(parents=True)
    try:
        touched = apply_patches(tree, [(what, patch) for patch in patches], folder)
        changed = read_tree(folder)
        return {
            path: blob for path, blob in {**tree, **changed}.items() if path in changed or path not in touched
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def apply_patches(tree: Tree, patches: Sequence[tuple[str, str]], folder: Path, *options: str) -> set[str]:
    """Write the files that patches touch to a folder, and apply each; returns their paths.

    Args:
        tree: what the patches apply to.
        patches: each after its name in errors.
        folder: to hold just what they touch.
        options: of ``git apply``.

    Raises:
        BuildError: one does not apply, or a path that it touches leads outside.
        InputError: one is refused as a whole.
    """
    touched = {path for _, patch in patches for path in touched_paths(patch)}
    needed = {path: tree[path] for path in touched & tree.keys()}
    _check_paths(needed)
    for path, blob in needed.items():
        write_blob(folder / path, blob)
    for what, patch in patches:
        if patch.strip():
            run_git(folder, ["apply", *options, "--whitespace=nowarn"], patch.encode(), what)
    return touched


def write_blob(path: Path, blob: Blob) -> None:
    """Write one file or link, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if blob.mode == "120000":
        path.symlink_to(os.fsdecode(blob.content))
        return
    path.write_bytes(blob.content)
    path.chmod(0o755 if blob.mode == "100755" else 0o644)

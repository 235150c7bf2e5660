"""Keeps the real history of a commit beside an environment, and makes it an instance's repository.

What is kept is a ``.git`` without an index: one pack with the objects that the commit reaches, one branch,
and nothing else. A history that is too large is cut as ``git fetch --depth`` cuts it.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from repodojo.environments.base_repository import begin_repository, check_out, run_git
from repodojo.environments.git_objects import Tree, blob_hash
from repodojo.errors import BuildError

HISTORY = "history"
"""Folder of an environment that holds it."""
_SPECIAL = re.compile(rb"[\\*?\[ ]")
_SUBMODULE = "160000"


@dataclass(frozen=True)
class History:
    """A commit with what it reaches."""

    commit: str
    pack: bytes
    """The objects, as ``git pack-objects`` writes them."""
    index: bytes
    """Where they lie in the pack, of the same command."""
    cut: tuple[str, ...] = ()
    """Commits without their parents, which were left out; none where the history is whole."""


def keep_history(history: History, folder: Path) -> None:
    """Write a history to a folder that is not there yet."""
    begin_repository(folder)
    for suffix, content in (("pack", history.pack), ("idx", history.index)):
        (folder / "objects" / "pack" / f"pack-{history.commit}.{suffix}").write_bytes(content)
    (folder / "refs" / "heads" / "main").write_text(f"{history.commit}\n")
    if history.cut:
        (folder / "shallow").write_text("".join(f"{commit}\n" for commit in sorted(history.cut)))


def write_history(kept: Path, base: Tree, layer: Path) -> str:
    """Make ``layer/.git`` a kept history, checked out; returns its commit.

    What ``base`` holds beside the commit's files (what a build wrote) is ignored there, as by a developer's
    clone. Submodules are empty folders.

    Raises:
        BuildError: git cannot read the pack, or a file of the commit is another one in ``base``.
    """
    git_folder = layer / ".git"
    shutil.copytree(kept, git_folder, copy_function=os.link)
    listed = run_git(git_folder, ["--git-dir=.", "ls-tree", "-r", "-z", "main"], b"", str(kept))
    tracked = set()
    for head, _, name in (entry.partition(b"\t") for entry in listed.split(b"\0") if entry):
        mode, _, digest = head.decode().split()
        path = os.fsdecode(name)
        if mode == _SUBMODULE:
            (layer / path).mkdir(parents=True, exist_ok=True)
        elif path not in base or blob_hash(base[path]) != digest:
            raise BuildError(f"{kept}: {path} is not what the base of the instance holds there")
        tracked.add(path)
    beside = sorted(os.fsencode(path) for path in base.keys() - tracked)
    patterns = (b"/%s\n" % _SPECIAL.sub(rb"\\\g<0>", path) for path in beside)
    (git_folder / "info" / "exclude").write_bytes(b"".join(patterns))
    return check_out(git_folder)

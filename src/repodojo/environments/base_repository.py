"""Writes a ``.git`` that holds one root commit and no object beside it; runs git, with nobody's settings.

Proves of any ``.git`` that it holds the history up to a commit and nothing else.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from repodojo.environments.git_objects import IDENTITY, MESSAGE, TIMESTAMP, Blob, Tree
from repodojo.errors import BuildError

_CONFIG = (
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogAllRefUpdates = false\n"
)
_ATTRIBUTES = "* -text -ident -filter -working-tree-encoding\n"
_BORROWING = (
    "objects/info/alternates",
    "packed-refs",
    "logs",
    "worktrees",
    "modules",
    "refs/stash",
)
"""What would hold, or point at, more than the objects of the one branch."""


@dataclass(frozen=True)
class RepositoryProof:
    """What a repository holds, as git itself lists it."""

    base_commit: str
    references: tuple[str, ...]
    objects: tuple[str, ...]
    """``hash type``, in order."""
    commits: int
    cut: tuple[str, ...]
    """Commits whose parents were left out of a history that is too large; none where it is whole."""


def run_git(folder: Path, arguments: list[str], text: bytes, what: str) -> bytes:
    """Run git in a folder, blind to repositories above it and to every setting of the user or the system.

    Raises:
        BuildError: git failed; the message starts with ``what``.
    """
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    environment = {
        **kept,
        "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": os.devnull,
    }
    command = ["git", "-C", str(folder), *arguments]
    result = subprocess.run(command, input=text, capture_output=True, env=environment, check=False)
    if result.returncode != 0:
        raise BuildError(
            f"{what}: git {_subcommand(arguments)} failed: {result.stderr.decode(errors='replace')[-500:]}"
        )
    return result.stdout


def _subcommand(arguments: list[str]) -> str:
    return next(word for word in arguments if not word.startswith("-") and "=" not in word)


def write_repository(tree: Tree, git_folder: Path) -> str:
    """Make ``git_folder`` (a ``.git``) hold the root commit of the tree, checked out; returns its hash."""
    begin_repository(git_folder)
    options = ["--git-dir=.", "-c", "fastimport.unpackLimit=0"]
    run_git(git_folder, [*options, "fast-import", "--quiet"], _import_stream(tree), str(git_folder))
    return check_out(git_folder)


def begin_repository(git_folder: Path) -> None:
    """Make a ``.git`` without any object; its files are kept byte for byte, whatever attributes they name."""
    for name in ("objects/pack", "refs/heads", "refs/tags", "info"):
        (git_folder / name).mkdir(parents=True)
    (git_folder / "HEAD").write_text("ref: refs/heads/main\n")
    (git_folder / "config").write_text(_CONFIG)
    (git_folder / "info" / "attributes").write_text(_ATTRIBUTES)


def check_out(git_folder: Path) -> str:
    """Make the index that of the branch, whose files are there; returns its commit."""
    run_git(git_folder, ["--git-dir=.", "read-tree", "main"], b"", str(git_folder))
    return (git_folder / "refs" / "heads" / "main").read_text().strip()


def prove_repository(git_folder: Path, commit: str) -> RepositoryProof:
    """List what a ``.git`` holds, and check that it is the history up to a commit and nothing else.

    Raises:
        BuildError: an object, a reference or a place that borrows objects is beyond that history.
    """
    what = str(git_folder)

    def ask(*arguments: str) -> list[str]:
        return run_git(git_folder, ["--git-dir=.", *arguments], b"", what).decode().splitlines()

    held = sorted(ask("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"))
    reachable = {*ask("rev-list", "--objects", "--no-object-names", commit)}
    references = ask("for-each-ref", "--format=%(refname) %(objectname)")
    borrowed = [name for name in _BORROWING if (git_folder / name).exists()]
    beyond = [line for line in held if line.split()[0] not in reachable]
    if beyond or borrowed or references != [f"refs/heads/main {commit}"]:
        raise BuildError(
            f"{what}: expected the history of {commit} and nothing else, found {[*beyond, *borrowed][:5]}, "
            f"references {references[:5]}"
        )
    cut = git_folder / "shallow"
    return RepositoryProof(
        commit,
        tuple(references),
        tuple(held),
        commits=sum(line.endswith(" commit") for line in held),
        cut=tuple(cut.read_text().split()) if cut.is_file() else (),
    )


def _import_stream(tree: Tree) -> bytes:
    who = f"{IDENTITY} {TIMESTAMP} +0000"
    head = f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(MESSAGE)}\n{MESSAGE}"
    return head.encode() + b"".join(_import_file(path, blob) for path, blob in sorted(tree.items()))


def _import_file(path: str, blob: Blob) -> bytes:
    quoted = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'M %s inline "%s"\ndata %d\n%s\n' % (blob.mode.encode(), quoted, len(blob.content), blob.content)

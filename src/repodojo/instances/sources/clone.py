"""Reads a git clone, a mirror or a bundle by the git command; nothing of it runs and nothing is fetched."""

import os
import re
import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.git_objects import Blob
from repodojo.errors import InputError

_TIMEOUT_S = 600.0
_ATTRIBUTES = Path(__file__).with_name("clone_attributes.txt")
"""Has git name a hunk's function as GitHub does."""
_SAFE = (
    "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.quotePath=true",
    "-c", f"core.attributesFile={_ATTRIBUTES}", "-c", "log.showSignature=false", "-c", "pack.packSizeLimit=0",
)  # fmt: skip
_DIFF = (
    "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--full-index", "--binary",
    "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_VERSION = re.compile(r"\d+(?:\.\d+)+(?:(?:a|b|rc)\d+)?")
_REMOTE = re.compile(r"[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", re.ASCII)


class Commit(NamedTuple):
    """A commit of a main line."""

    sha: str
    parents: tuple[str, ...]
    date: str
    message: str
    paths: tuple[str, ...] = ()
    """What differs from the first parent, where it was asked for."""

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]


class Clone(NamedTuple):
    """A local repository."""

    root: Path

    def run(self, *arguments: str, text: bytes = b"") -> bytes:
        """Return what a git command prints, given ``text``.

        Raises:
            InputError: git failed.
        """
        command = ["git", *_SAFE, "-C", str(self.root), *arguments]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        above = str(self.root.resolve().parent)  # else an unreadable clone is the repository around it
        env = {**inherited, **_ENVIRONMENT, "GIT_CEILING_DIRECTORIES": above}
        try:
            done = subprocess.run(
                command, input=text, capture_output=True, env=env, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise InputError(f"{self.root}: git {arguments[0]} did not end in {_TIMEOUT_S:.0f} s") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-300:]
            raise InputError(f"{self.root}: git {arguments[0]} failed: {said}")
        return done.stdout

    def text(self, *arguments: str) -> str:
        """Return what a git command prints, as text."""
        return self.run(*arguments).decode(errors="replace").strip("\n")

    def main_line(self, *revisions: str, paths: bool = False) -> list[Commit]:
        """Return the commits along first parents, newest first.

        Args:
            revisions: where to start.
            paths: also list the paths that each commit changes.
        """
        mark = secrets.token_hex(16)  # no message and no path holds it
        form = f"--format={mark}=" + "".join(f"%{name}{mark}-" for name in ("H", "P", "cI", "B"))
        names = ("--name-only", "-z", "--diff-merges=first-parent", "--no-renames") if paths else ()
        printed = self.run("log", "--first-parent", form, *names, *revisions, "--")
        records = printed.decode(errors="replace").split(f"{mark}=")[1:]
        return [_parse_commit(record.split(f"{mark}-")) for record in records]

    def refs(self, pattern: str) -> dict[str, str]:
        """Return commits by ref name."""
        lines = self.text("for-each-ref", "--format=%(refname) %(objectname)", pattern).splitlines()
        return dict(line.split(" ", 1) for line in lines if line)

    def merge_base(self, one: str, other: str) -> str:
        """Return the best common ancestor.

        Raises:
            InputError: there is none.
        """
        return self.text("merge-base", one, other)

    def diff(self, old: str, new: str) -> bytes:
        """Return the difference of two commits as a git diff, binary files included."""
        return self.run(*_DIFF, old, new, "--")

    def tree(self, revision: str) -> dict[str, Blob]:
        """Return the files of a commit; submodules are left out.

        Raises:
            InputError: there is no such commit, or an object of it is missing.
        """
        try:
            listed = self.run("ls-tree", "-r", "-z", "--full-tree", revision).split(b"\0")
        except InputError as error:
            raise InputError(
                f"{self.root}: commit_missing: {revision} is not in the clone, which may be shallow or old; "
                f"`git fetch --unshallow` or `git fetch origin {revision}` adds it ({error})"
            ) from error
        entries = [
            (head.split(), os.fsdecode(path)) for head, _, path in (e.partition(b"\t") for e in listed if e)
        ]
        entries = [(head, path) for head, path in entries if head[1] == b"blob"]
        wanted = b"".join(head[2] + b"\n" for head, _ in entries)
        printed = self.run("cat-file", "--batch", text=wanted)
        tree, start = {}, 0
        for head, path in entries:
            end = printed.index(b"\n", start)
            said = printed[start:end].split()
            if said[-1] == b"missing":
                raise InputError(
                    f"{self.root}: object_missing: {path} of {revision} is not in the clone, which may be "
                    "partial; `git fetch --refetch` without a filter completes it"
                )
            size = int(said[2])
            mode = "100644" if head[0] == b"100664" else head[0].decode()
            tree[path] = Blob(mode, printed[end + 1 : end + 1 + size])
            start = end + size + 2
        return tree

    def release(self, revision: str) -> str:
        """Return the version that the newest release tag before a commit names; empty without one."""
        try:
            tag = self.text("describe", "--tags", "--abbrev=0", "--match=*[0-9].[0-9]*", revision)
        except InputError:
            return ""
        found = _VERSION.search(tag)
        return found[0] if found else ""

    def name(self) -> str | None:
        """Return ``owner/repo`` as the first remote has it; None without a remote."""
        try:
            addresses = self.text("config", "--get-regexp", r"^remote\..*\.url$").splitlines()
        except InputError:
            return None
        found = _REMOTE.search(addresses[0])
        return found[1] if found else None


def open_clone(path: Path, unpack_to: Path | None = None) -> Clone:
    """Open a clone or a mirror, or unpack a bundle into ``unpack_to`` first.

    Raises:
        InputError: it is none of these.
    """
    if path.is_file():
        if unpack_to is None:
            raise InputError(f"{path}: expected a folder; name a folder to unpack the bundle into")
        if not unpack_to.exists():
            unpack_to.parent.mkdir(parents=True, exist_ok=True)
            places = (str(path.absolute()), str(unpack_to.absolute()))
            Clone(path.parent).run("clone", "--quiet", "--mirror", *places)
        path = unpack_to
    clone = Clone(path)
    if not path.is_dir():
        raise InputError(f"{path} does not exist; expected a git clone, a mirror or a bundle")
    clone.run("rev-parse", "--git-dir")
    return clone


def _parse_commit(fields: list[str]) -> Commit:
    sha, parents, date, message, names = fields
    paths = tuple(name for name in names.strip("\0\n").split("\0") if name)
    return Commit(sha, tuple(parents.split()), date, message.strip("\n"), paths)

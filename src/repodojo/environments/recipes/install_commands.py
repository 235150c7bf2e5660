"""Runs a recipe's own commands where its sources are built, and takes the files that they add.

The commands have no network, and nothing of this machine but what every sandbox has. What they leave is read
as hostile: files alone, within the sources and within a bound.
"""

import io
import tarfile
import time
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from repodojo.environments.git_objects import Tree
from repodojo.environments.sandbox import Sandbox
from repodojo.errors import BuildError
from repodojo.grading.patches import configures_tests

COMMANDS_S = 1800.0
"""For all commands together."""
COMMANDS_OUT_OF_TIME = "install_fails: timeout"
"""How the error begins of commands that were not done after `COMMANDS_S`."""
_LIST_S = 120.0
_MARK, _ARCHIVE = "/tmp/commands.start", "/tmp/commands.tar"  # noqa: S108 - inside the sandbox
_MOST_BYTES, _MOST_FILES = 64 << 20, 20_000
# The time of a change of state, which no program can set; a tick later it differs from the mark's.
_BEGIN = f"touch {_MARK} && sleep 0.05"
_COLLECT = (
    f"find . -xdev -type f -cnewer {_MARK} ! -name '*.pyc' ! -path './.git/*' -print0 "
    f"| tar --null --no-recursion --files-from=- --create --file={_ARCHIVE} && wc -c <{_ARCHIVE}"
)
_BY_PRODUCTS = ("build", "dist", ".eggs", ".cache")
"""What builds leave at the top beside what they make."""


class Added(NamedTuple):
    """Files that commands added to sources."""

    files: dict[str, bytes]
    programs: frozenset[str]
    """Those that may be executed."""


def run_commands(sandbox: Sandbox, commands: Sequence[str], packages: str) -> bytes:
    """Run commands in turn at the root of the sources; returns what they wrote, as a tar.

    Args:
        sandbox: shows the sources.
        commands: for a shell, each in one of its own.
        packages: where the sandbox has the Python packages that commands may import.

    Raises:
        BuildError: one failed; the message says which, and ends with what it printed.
        SandboxError: the sandbox was lost.
    """
    sandbox.run(_BEGIN, _LIST_S)
    end_s = time.monotonic() + COMMANDS_S
    for number, command in enumerate(commands, 1):
        done = sandbox.run(f"export PYTHONPATH={packages}\n{command}", max(1.0, end_s - time.monotonic()))
        if done.exit_code != 0:
            which, said = f"command {number}, {command[:80]!r}", " ".join(done.text.split())[-400:]
            if done.timed_out:
                raise BuildError(f"{COMMANDS_OUT_OF_TIME}: {which}, not done after {COMMANDS_S:g} s: {said}")
            raise BuildError(f"install_fails: {which}, ended with {done.exit_code}: {said}")
    listed = sandbox.run(_COLLECT, _LIST_S)
    if listed.exit_code != 0 or not listed.text.strip().isdigit():
        raise BuildError(f"install_fails: what the commands added cannot be read: {listed.text[-400:]}")
    if int(listed.text) > _MOST_BYTES:
        raise BuildError(
            f"install_fails: the commands wrote more than {_MOST_BYTES} bytes: {listed.text.strip()}"
        )
    return sandbox.read(_ARCHIVE)


def read_added(archive: bytes, tree: Tree) -> Added:
    """Read what commands wrote, but for files of the sources and by-products of builds.

    Raises:
        BuildError: it is no tar, is too large, or holds a path that leads outside or configures tests.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            members = [member for member in tar if member.isreg()]
            if len(members) > _MOST_FILES or sum(member.size for member in members) > _MOST_BYTES:
                raise BuildError(f"install_fails: the commands wrote too much, {len(members)} files")
            named = [(_path(member.name), member) for member in members]
            kept = {path: member for path, member in named if path not in tree and not _is_by_product(path)}
            _refuse_configuration(kept)
            files = {path: _content(tar, member) for path, member in kept.items()}
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BuildError(f"install_fails: what the commands added cannot be read: {error}") from error
    return Added(files, frozenset(path for path, member in kept.items() if member.mode & 0o100))


def _path(name: str) -> str:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or not parts:
        raise BuildError(f"install_fails: the commands wrote {name[:80]!r}")
    return "/".join(parts)


def _refuse_configuration(paths: Iterable[str]) -> None:
    if found := next(filter(configures_tests, paths), None):
        raise BuildError(f"install_fails: the commands wrote {found}, which would decide how tests are run")


def _is_by_product(path: str) -> bool:
    parts = path.split("/")
    in_info = any(part.endswith((".egg-info", ".dist-info")) for part in parts[:-1])
    return parts[0] in _BY_PRODUCTS or "__pycache__" in parts or in_info


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return b"" if file is None else file.read()

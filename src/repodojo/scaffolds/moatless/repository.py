"""Takes a repository's Python files out of a sandbox, writes one back, and lints it there."""

import ast
import io
import shlex
import tarfile
from functools import lru_cache

from repodojo.environments.sandbox import Sandbox
from repodojo.errors import SandboxError
from repodojo.scaffolds.moatless.embeddings import Embedder
from repodojo.scaffolds.moatless.index import CodeIndex

_ARCHIVE = "/tmp/.code.tar"  # noqa: S108
_PACK = (
    "find . -name .git -prune -o -type f -name '*.py' -size -1024k -print0 | LC_ALL=C sort -z"
    f" | tar --create --file {_ARCHIVE} --no-recursion --null --files-from -"
)
_NOT_FOUND = 127
"""What a shell exits with where there is no such program."""
_TIMEOUT_S = 120.0
_LINT = (
    "python -m pylint --disable=all --enable=E,F --score=n --reports=n "
    "--msg-template='{msg_id} {line} {msg}' "
)


def read_code(sandbox: Sandbox) -> bytes:
    """Return the Python files as an archive.

    Raises:
        SandboxError: they cannot be packed.
    """
    result = sandbox.run(_PACK, _TIMEOUT_S)
    if result.exit_code != 0:
        raise SandboxError(f"the code cannot be read: {result.text[-300:].strip()}")
    archive = sandbox.read(_ARCHIVE)
    sandbox.run(f"rm -f {_ARCHIVE}", _TIMEOUT_S)
    return archive


def unpack(archive: bytes) -> dict[str, str]:
    """Return the text of each file by its path; those that are not UTF-8 are left out."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        for member in opened:
            content = opened.extractfile(member) if member.isreg() else None
            if content is not None:
                try:
                    files[member.name.removeprefix("./")] = content.read().decode("utf-8")
                except UnicodeDecodeError:
                    continue
    return files


@lru_cache(maxsize=8)
def build_index(archive: bytes, embedder: Embedder | None = None) -> CodeIndex:
    """Index an archive's files; the rollouts of an instance share one.

    Raises:
        PolicyError: the embedder failed.
    """
    return CodeIndex(unpack(archive), embedder)


def lint(sandbox: Sandbox, path: str, text: str) -> list[str]:
    """Return a file's errors: pylint's, where the sandbox has it, otherwise those of syntax."""
    result = sandbox.run(_LINT + shlex.quote(path), _TIMEOUT_S)
    absent = "No module named" in result.text or result.exit_code == _NOT_FOUND
    if not absent and not result.timed_out:
        return [line for line in result.text.splitlines() if line[:1] in "EF" and line[1:5].isdigit()]
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        return [f"E0001 {getattr(error, 'lineno', 0)} {getattr(error, 'msg', error)}"]
    return []


def new_errors(before: list[str], after: list[str]) -> list[str]:
    """Return the errors that an edit brought; line numbers are not compared."""
    known = {_without_line(error) for error in before}
    return [error for error in after if _without_line(error) not in known]


def _without_line(error: str) -> tuple[str, str]:
    code, _, rest = error.partition(" ")
    return code, rest.partition(" ")[2]

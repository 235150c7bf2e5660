"""A sandbox's files as an editor sees them; every path is resolved inside the sandbox."""

import shlex
from typing import Literal, NamedTuple

from repodojo.environments.sandbox import Sandbox
from repodojo.errors import SandboxError

LARGEST_MB = 10
_TIMEOUT_S = 60.0
Kind = Literal["folder", "file", "new", "homeless", "below_file"]
"""``new``: nothing is there, but its folder; ``homeless``: not even that; ``below_file``: nor can it be."""
_KINDS: dict[str, Kind] = {"d": "folder", "f": "file", "n": "new", "b": "below_file"}
_LOOK = (
    'if [ -d "$p" ]; then echo d; elif [ -e "$p" ]; then echo f "$(stat -Lc %s -- "$p")"; '
    'elif [ -d "${p%/*}/" ]; then echo n; '
    'else while [ "$p" ] && [ ! -e "$p" ]; do p=${p%/*}; done; [ -d "$p/" ] && echo h || echo b; fi'
)


class EditorError(Exception):
    """The editor cannot do what it is asked for; the text says why, for the policy to read."""


class Text(NamedTuple):
    """A file's text with plain line ends."""

    content: str
    newline: str = "\n"
    """What its lines end with on disk."""


def look_at(sandbox: Sandbox, path: str) -> Kind:
    """Say what is at a path, links followed.

    Raises:
        EditorError: a file is too large to work on.
    """
    told = sandbox.run(f"p={shlex.quote(path)}; {_LOOK}", _TIMEOUT_S).text.split()
    megabytes = int(told[1]) / (1 << 20) if len(told) == 2 and told[1].isdigit() else 0.0
    if megabytes > LARGEST_MB:
        size = f"File is too large ({megabytes:.1f}MB). Maximum allowed size is {LARGEST_MB}MB."
        raise EditorError(f"File validation failed for {path}: {size}")
    return _KINDS.get(told[0] if told else "", "homeless")


def list_folder(sandbox: Sandbox, path: str) -> str:
    """List what is at most two levels below a folder, without hidden items, in order.

    Raises:
        EditorError: part of it cannot be listed.
    """
    find = rf"find {shlex.quote(path)} -maxdepth 2 -not -path '*/\.*'"
    listed = sandbox.run(f"set -o pipefail; {find} 2>/dev/null | LC_ALL=C sort", _TIMEOUT_S)
    if listed.exit_code != 0:
        raise EditorError(sandbox.run(f"{find} 2>&1 >/dev/null", _TIMEOUT_S).text)
    return listed.text


def read_text(sandbox: Sandbox, path: str) -> Text:
    """Read a text file.

    Raises:
        EditorError: it cannot be read, or is not UTF-8.
        SandboxError: the sandbox is lost.
    """
    try:
        content = sandbox.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditorError(f"Ran into {error} while trying to read {path}") from None
    except SandboxError as error:
        raise _unless_lost(sandbox, error, f"while trying to read {path}") from error
    newline = "\r\n" if content.count("\r\n") == content.count("\n") > 0 else "\n"
    return Text(content.replace("\r\n", "\n").replace("\r", "\n"), newline)


def write_text(sandbox: Sandbox, path: str, text: Text) -> None:
    """Write a text file; its folder must exist.

    Raises:
        EditorError: it cannot be written.
        SandboxError: the sandbox is lost.
    """
    content = text.content.replace("\n", text.newline) if text.newline != "\n" else text.content
    try:
        sandbox.write(path, content.encode("utf-8", errors="replace"))
    except SandboxError as error:
        raise _unless_lost(sandbox, error, f"while trying to write to {path}") from error


def _unless_lost(sandbox: Sandbox, error: SandboxError, what: str) -> EditorError:
    """Turn a refusal into the policy's own error; a sandbox that answers nothing raises again."""
    sandbox.run("true", _TIMEOUT_S)
    return EditorError(f"Ran into {error} {what}")

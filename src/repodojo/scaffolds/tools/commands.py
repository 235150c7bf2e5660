"""Takes a shell text apart into the commands that stand on lines of their own, as bash itself reads them."""

import re
import shlex

from repodojo.environments.sandbox import Sandbox

_HERE_DOCUMENT = re.compile(r"<<(-?)\s*([\"']?)([A-Za-z_]\w*)\2")
_TIMEOUT_S = 30.0
_MOST_LINES = 1000
_CHECK = 'r=$(bash -n -c "$c" 2>&1) && [ -z "$r" ] && echo y || echo n'


def split_commands(text: str, sandbox: Sandbox) -> list[str]:
    """Return the commands; the whole text where bash cannot read it, it is one command, or a very long one.

    Comments and blank lines stay with the command before them.
    """
    if text.count("\n") > _MOST_LINES:
        return [text]
    pieces = _candidates(text)
    if len(pieces) <= 1:
        return [text]
    commands: list[str] = []
    pending: list[str] = []
    for piece in pieces:
        pending.append(piece)
        command = "\n".join(pending)
        if commands and _is_remark(command):
            commands[-1] += f"\n{command}"
            pending = []
        elif _is_complete(command, sandbox):
            commands.append(command)
            pending = []
    return [text] if pending else [command.rstrip() for command in commands]


def _candidates(text: str) -> list[str]:
    """Cut between lines, but not inside a here-document and not after a backslash."""
    pieces: list[str] = []
    lines = iter(text.split("\n"))
    for line in lines:
        piece = [line]
        for tabs, _, word in _HERE_DOCUMENT.findall(line):
            for inner in lines:
                piece.append(inner)
                if (inner.lstrip("\t") if tabs else inner) == word:
                    break
        continued = pieces and re.search(r"(?<!\\)(?:\\\\)*\\$", pieces[-1])
        if continued:
            pieces[-1] = "\n".join([pieces[-1], *piece])
        else:
            pieces.append("\n".join(piece))
    return pieces


def _is_remark(command: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in command.split("\n"))


def _is_complete(command: str, sandbox: Sandbox) -> bool:
    """Ask bash in the sandbox, which only reads the command."""
    result = sandbox.run(f"c={shlex.quote(command)}; {_CHECK}", _TIMEOUT_S)
    return result.text.strip() == "y"

"""The persistent shell of a sandbox: a bash that evaluates one command after another in itself.

A command arrives over a socket in two reads (a pipe's lines bash would read byte by byte), and its status
leaves there, marked with the command's token; its output leaves by a pipe, so that nothing that it prints
can be taken for a status. The socket is closed while a command runs.
"""

import os
import re
import signal
import socket
from collections.abc import Callable

from repodojo.environments.inside.launcher import Spawn

_SOCKET = 100
_HEADER = 25
_READ = f'builtin read -r -N "$((10#${{__head:8:10}}))" -u {_SOCKET} __command'
_EVALUATE = f'builtin eval "$__trace$__command" {_SOCKET}<&-'
_TRACE = '{ builtin set -x; __status "$__code"; } 2>/dev/null; '
# On one line, so that bash counts a command's lines from 1 in its messages.
_LOOP = "; ".join(
    (
        '__status() { builtin return "$1"; }',
        f"while builtin read -r -N {_HEADER} -u {_SOCKET} __head",
        "do __token=${__head:0:8} __pipe=${__head:18:6}",
        _READ,
        '[[ ${__head:24:1} == a ]] || builtin printf -v __command %b "$__command"',
        # No word before exec keeps a function of that name away, and what it redirects as it is.
        '[[ $__pipe == 000000 ]] || { builtin unset -f exec; exec >"PIPES$__pipe" 2>&1; }',
        # A status that is a condition's springs no trap on errors a second time.
        f'if [[ ${{__code:-0}} == 0 ]]; then {_EVALUATE}; else __status "$__code" || {_EVALUATE}; fi',
        # What is not the command itself is not traced.
        f"{{ __code=$? __trace=; if [[ $- == *x* ]]; then builtin set +x; __trace='{_TRACE}'; fi",
        # A command may have given these a type, or forbidden to set them; exporting all (set -a) is no harm.
        "[[ ${__command@a}${__head@a}${__pipe@a}${__token@a} != *[!x]* ]] || builtin exit 125",
        rf"""builtin printf '%s %s\n' "$__token" "$__code" >&{_SOCKET} || builtin exit 125; }} 2>/dev/null""",
        "done",
    )
)
_FROM_FILE = "; ".join(
    (
        '{ __command="builtin exit 125"',
        # More letters than there are; unlike up to a delimiter, they are read whatever IFS is.
        "builtin read -r -N 2147483647 __command <FILE || "
        '[[ ${__code:-0} == 0 ]] || __status "$__code"; } 2>/dev/null',
        'builtin eval "$__command"',
    )
)
_LONGEST = 60_000
_NOT_ASCII = re.compile(rb"[\\\x80-\xff]")
_ESCAPED = len(rb"\0377")
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD)
_WAIT = f"builtin read -r -N 1 -u {_SOCKET} _; exec {_SOCKET}<&-; "


class Shell:
    """A running persistent shell; ``pid`` is a child of the caller.

    It takes over ``output`` and writes to it; later pipes are ``pipes`` followed by six digits.
    """

    def __init__(
        self,
        environment: dict[str, str],
        folder: str,
        pipes: str,
        output: int,
        start: Callable[[Spawn], int],
    ) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        self.status = self._socket.fileno()
        script, moved = _LOOP.replace("PIPES", pipes), {theirs.fileno(): _SOCKET}
        # It waits for its first command, so that there is nothing else to wait for.
        self.pid = start(lambda _: _spawn(script, environment, folder, output, moved))
        theirs.close()
        os.close(output)

    def send(self, token: str, command: bytes, pipe: int = 0) -> None:
        """Start a command; its token, eight letters, comes back with its status.

        It, and those after it, write to another pipe if its number is given.

        Raises:
            OSError: the shell is gone, or too busy to listen.
        """
        kind = "a"
        if not command.isascii():
            # Else the shell would count letters, by whatever locale it was given.
            kind, command = "b", _NOT_ASCII.sub(_escape, command)
        self._socket.send(f"{token}{len(command):010}{pipe:06}{kind}".encode() + command)

    def receive(self) -> bytes:
        """Return the lines of tokens and statuses that have come; none from a shell that is gone."""
        try:
            return self._socket.recv(4096)
        except OSError:
            return b""

    def close(self) -> None:
        """Let go of the socket; ends nothing."""
        self._socket.close()


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\0%03o" % match[0][0]


def fit_command(command: bytes, file: str, handle: int) -> bytes:
    """Return a command that is short enough to be passed on, having put a longer one into a file.

    ``file`` is its path for the shell, in the folder of ``handle``.
    """
    command = command.replace(b"\0", b"")
    if len(command) <= (_LONGEST if command.isascii() else _LONGEST // _ESCAPED):
        return command
    target = os.open(os.path.basename(file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=handle)
    with open(target, "wb") as opened:
        opened.write(command)
    return _FROM_FILE.replace("FILE", file).encode()


def spawn_once(command: bytes, environment: dict[str, str], folder: str, output: int, waiting: int) -> int:
    """Start a new shell for one command, which it begins when it can read a byte; returns its pid."""
    # On one line with the command's first, so that bash counts from 1 in its messages.
    return _spawn(_WAIT + os.fsdecode(command), environment, folder, output, {waiting: _SOCKET})


def _spawn(
    script: str, environment: dict[str, str], folder: str, output: int, descriptors: dict[int, int]
) -> int:
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    moves = [(null, 0), (output, 1), (output, 2), *descriptors.items()]
    _enter(folder)
    try:
        return os.posix_spawn(
            "/bin/bash",
            ["bash", "--noprofile", "--norc", "-c", script],
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, old, new) for old, new in moves],
            setsid=True,
            setsigdef=_DEFAULT_SIGNALS,
        )
    finally:
        os.chdir("/")
        os.close(null)


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:
        os.chdir("/")

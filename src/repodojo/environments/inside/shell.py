"""The persistent shell of a sandbox: a bash that evaluates one command after another in itself.

A command arrives in a file (never on a command line, so of any length), its output leaves by a pipe of its
own, and its status by another, so that nothing that it prints can be taken for either. The loop's own
descriptors are closed while a command runs.
"""

import os
import signal

_TOKENS, _STATUS, _COMMAND = 100, 101, 102
_READ_COMMAND = f"IFS= builtin read -r -d '' -u {_COMMAND} __command"
# On one line, so that bash counts a command's lines from 1 in its messages.
_LOOP = "; ".join(
    (
        '__status() { builtin return "$1"; }',
        f"while builtin read -r -u {_TOKENS} __token; do {_READ_COMMAND}",
        '[[ ${__code:-0} == 0 ]] || __status "$__code"',
        'builtin eval "$__command" </dev/null >"OUTPUT.$__token" 2>&1 '
        f"{_TOKENS}<&- {_STATUS}>&- {_COMMAND}<&-",
        "__code=$?",
        rf"builtin printf '%s %s\n' $__token $__code >&{_STATUS} || builtin exit 125",
        "done",
    )
)
_ONCE = f'{_READ_COMMAND}; builtin eval "$__command" {_COMMAND}<&-'
_LONGEST_ARGUMENT = 100_000
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD)


class Shell:
    """A running persistent shell; ``pid`` is a child of the caller."""

    def __init__(self, environment: dict[str, str], folder: str, output_prefix: str) -> None:
        tokens, self._tokens = os.pipe()
        self.status, status = os.pipe()
        self._command = _make_file()
        os.set_blocking(self.status, False)
        output = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        descriptors = {tokens: _TOKENS, status: _STATUS, self._command: _COMMAND}
        self.pid = _spawn(_LOOP.replace("OUTPUT", output_prefix), environment, folder, output, descriptors)
        os.close(tokens)
        os.close(status)

    def send(self, token: int, command: bytes) -> None:
        """Start a command; its token names its pipe and comes back with its status."""
        _fill(self._command, command)
        os.write(self._tokens, b"%d\n" % token)

    def close(self) -> None:
        """Let go of the descriptors; ends nothing."""
        for descriptor in (self._tokens, self.status, self._command):
            os.close(descriptor)


def spawn_once(command: bytes, environment: dict[str, str], folder: str, output: int) -> int:
    """Start a new shell for one command and return its pid; takes over ``output``."""
    if len(command) <= _LONGEST_ARGUMENT:
        return _spawn(os.fsdecode(command.replace(b"\0", b"")), environment, folder, output, {})
    file = _make_file()
    try:
        _fill(file, command)
        return _spawn(_ONCE, environment, folder, output, {file: _COMMAND})
    finally:
        os.close(file)


def _make_file() -> int:
    """Return an unnamed file in memory, within the sandbox's disk limit."""
    return os.open("/tmp", os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)  # noqa: S108


def _fill(file: int, command: bytes) -> None:
    text = memoryview(command.replace(b"\0", b"") + b"\0")
    offset = 0
    while offset < len(text):
        offset += os.pwrite(file, text[offset:], offset)
    os.ftruncate(file, len(text))
    os.lseek(file, 0, os.SEEK_SET)


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
        os.close(output)


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:
        os.chdir("/")

"""The persistent shell of a sandbox: a bash that evaluates one command after another in itself.

A command arrives in a file (never on a command line, so of any length), its output leaves by a pipe of its own,
and its status by another, so that nothing that it prints can be taken for either. The loop's own descriptors are
closed while a command runs.
"""
# ruff: noqa: PTH

import os

_TOKENS, _STATUS, _COMMAND = 100, 101, 102
_LOOP = r"""
__repodojo_status() { builtin return "$1"; }
while builtin read -r -u 100 __repodojo_token; do
  IFS= builtin read -r -d '' -u 102 __repodojo_command
  [[ ${__repodojo_code:-0} == 0 ]] || __repodojo_status "$__repodojo_code"
  builtin eval "$__repodojo_command" </dev/null >"OUTPUT.$__repodojo_token" 2>&1 100<&- 101>&- 102<&-
  __repodojo_code=$?
  builtin printf '%s %s\n' "$__repodojo_token" "$__repodojo_code" >&101 || builtin exit 125
done
"""
_FROM_FILE = (
    r"""IFS= builtin read -r -d '' -u 102 __repodojo_command; builtin eval "$__repodojo_command" 102<&-"""
)
_LONGEST_ARGUMENT = 100_000


class Shell:
    """A running persistent shell; ``pid`` is a child of the caller."""

    def __init__(self, environment: dict[str, str], folder: str, output_prefix: str) -> None:
        tokens, self._tokens = os.pipe()
        self.status, status = os.pipe()
        self._command = os.memfd_create("command")
        os.set_blocking(self.status, False)
        descriptors = {tokens: _TOKENS, status: _STATUS, self._command: _COMMAND}
        loop = _LOOP.replace("OUTPUT", output_prefix)
        self.pid = _spawn(
            loop, environment, folder, os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC), descriptors
        )
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
    file = os.memfd_create("command")
    try:
        _fill(file, command)
        return _spawn(_FROM_FILE, environment, folder, output, {file: _COMMAND})
    finally:
        os.close(file)


def _fill(file: int, command: bytes) -> None:
    os.ftruncate(file, 0)
    text = memoryview(command.replace(b"\0", b"") + b"\0")
    offset = 0
    while offset < len(text):
        offset += os.pwrite(file, text[offset:], offset)
    os.lseek(file, 0, os.SEEK_SET)


def _spawn(
    script: str, environment: dict[str, str], folder: str, output: int, descriptors: dict[int, int]
) -> int:
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    moves = {null: (0,), output: (1, 2), **{old: (new,) for old, new in descriptors.items()}}
    actions = [(os.POSIX_SPAWN_DUP2, old, new) for old, targets in moves.items() for new in targets]
    _enter(folder)
    try:
        arguments = ["bash", "--noprofile", "--norc", "-c", script]
        return os.posix_spawn("/bin/bash", arguments, environment, file_actions=actions, setsid=True)
    finally:
        os.chdir("/")
        os.close(null)
        os.close(output)


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:
        os.chdir("/")

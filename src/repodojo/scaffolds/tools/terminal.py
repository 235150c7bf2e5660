r"""``execute_bash``: commands in a sandbox's persistent shell, shown as OpenHands' terminal shows them.

A command's output stands between the command itself and a prompt, line ends are a terminal's (``\r\n``),
and several commands on lines of their own run one by one until one fails (``runtime/utils/bash.py`` of
OpenHands 0.13). The shell has no terminal, though: ``ls`` lists one name a line, and nothing is coloured.
"""

import re
from typing import NamedTuple

from repodojo.environments.sandbox import ExecResult, Sandbox
from repodojo.scaffolds.tools.commands import split_commands

INTERRUPTED = 130
NOT_FINISHED = -1
_PROBE_S = 10.0
_PROBE = r"""(p='\u@openhands-workspace:\w'; printf '%s\n' "${p@P}"; command -v python)"""
_ERROR = re.compile(r"^bash: (?:eval: )?line \d+: ", re.MULTILINE)
_QUOTED = re.compile(r"^bash: eval: line \d+: `.*'\n", re.MULTILINE)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)")


class Shown(NamedTuple):
    """What a command did, and how it is shown."""

    text: str
    exit_code: int | None
    """None where a command was killed at its timeout."""
    sandbox_s: float


class _Prompt(NamedTuple):
    interpreter: str
    """The line that names the Python found on the path; nothing where there is none."""
    line: str


def execute_bash(command: str, sandbox: Sandbox, timeout_s: float) -> Shown:
    """Run a command, and stop at the first of its lines that fails."""
    if not command.strip():
        return Shown(f"\n[Command finished with exit code {NOT_FINISHED}]", NOT_FINISHED, 0.0)
    if command.strip().lower() == "ctrl+c":
        return _interrupt(command, sandbox)
    shown, seconds = "", 0.0
    code: int | None = 0
    for part in split_commands(command, sandbox):
        result = sandbox.execute(part, timeout_s)
        prompt = _prompt(sandbox)
        seconds += result.duration_s
        code = result.exit_code
        text = result.text if re.search(r"\bbash\b", part) else _at_a_prompt(result.text)
        output = f"{as_on_terminal(text)}{_killed(result, timeout_s)}\r\n"
        shown += (
            ("\r\n" if shown else "") + f"{part}\r\n{output}" + ("" if prompt.interpreter else prompt.line)
        )
        if code != 0:
            break
    told = INTERRUPTED if code is None else code
    return Shown(_closed(shown, prompt, told), code, seconds)


def _interrupt(command: str, sandbox: Sandbox) -> Shown:
    """Say that the running command was interrupted: none is, for each ends with its turn."""
    prompt = _prompt(sandbox)
    shown = f"{command}\r\n\r\n\r\n[SIGINT was sent to interrupt the command.]\r\n"
    shown += "" if prompt.interpreter else prompt.line
    return Shown(_closed(shown, prompt, INTERRUPTED), INTERRUPTED, 0.0)


def _closed(shown: str, prompt: _Prompt, code: int) -> str:
    details = f"{prompt.interpreter}\n{prompt.line}" if prompt.interpreter else ""
    return shown.rstrip("\r\n") + details + f"\n[Command finished with exit code {code}]"


def as_on_terminal(text: str) -> str:
    """Return output as a terminal passes it on: with its line ends, but without colours."""
    return _ANSI.sub("", text).replace("\r\n", "\n").replace("\n", "\r\n")


def _at_a_prompt(text: str) -> str:
    """Put bash's own errors as it puts them where commands are typed: without the number of the line."""
    return _ERROR.sub("bash: ", _QUOTED.sub("", text))


def _killed(result: ExecResult, timeout_s: float) -> str:
    if not result.timed_out:
        return ""
    after = f"Command timed out after {timeout_s:g} seconds. "
    return f"\r\n\r\n[{after}SIGINT was sent to interrupt the command.]"


def _prompt(sandbox: Sandbox) -> _Prompt:
    """Ask the shell for its prompt, in a subshell that leaves no variable behind."""
    lines = sandbox.execute(_PROBE, _PROBE_S).text.splitlines()
    line = lines[0] if lines else "@openhands-workspace:?"
    mark = "#" if line.startswith("root@") else "$"
    python = lines[1] if len(lines) > 1 else ""
    return _Prompt(f"[Python Interpreter: {python}]" if python else "", f"{line} {mark} ")

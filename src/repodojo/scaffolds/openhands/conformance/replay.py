"""Replays recorded calls with our tools in a sandbox.

OpenHands works in a folder beside others (``/workspace/NAME``), up to 0.15 or so a link to the repository. A
sandbox's own root is read-only, so that folder lies below ``/tmp`` here; calls are moved there, and what they
give is moved back.
"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from repodojo.environments.sandbox import Sandbox
from repodojo.errors import SandboxError
from repodojo.scaffolds.openhands.conformance.recorded import Step
from repodojo.scaffolds.openhands.session import truncate
from repodojo.scaffolds.tools.editor import Editor
from repodojo.scaffolds.tools.terminal import execute_bash

OBSERVATION_CHARS = 30_000
_MOVED = "/tmp"  # noqa: S108


def replay(
    steps: Sequence[Step],
    sandbox: Sandbox,
    workspace: str | None = None,
    linked: bool = True,
    timeout_s: float = 120.0,
) -> list[str | None]:
    """Return what each call gives; None for a tool that we do not have.

    Args:
        steps: the recording.
        sandbox: at the commit that the recording starts from.
        workspace: where the recording has the repository; the shell starts there.
        linked: whether that is a link to it, or else a copy of it.
        timeout_s: of each command.

    Raises:
        SandboxError: the workspace cannot be made, or the sandbox is lost.
    """
    parent = str(PurePosixPath(workspace).parent) if workspace else ""
    if workspace:
        _prepare(sandbox, _MOVED + workspace, "ln -s" if linked else "cp -a")
    editor = Editor()
    told = []
    for step in steps:
        arguments = {name: _moved(value, parent) for name, value in step.arguments.items()}
        text = _redo(step.name, arguments, editor, sandbox, timeout_s)
        told.append(text.replace(_MOVED + parent, parent) if text is not None and parent else text)
    return told


def _prepare(sandbox: Sandbox, workspace: str, command: str) -> None:
    parent = shlex.quote(str(PurePosixPath(workspace).parent))
    place = shlex.quote(workspace)
    made = sandbox.execute(f'mkdir -p {parent} && {command} "$(pwd -P)" {place} && cd {place}', 120)
    if made.exit_code != 0:
        raise SandboxError(f"{workspace} cannot be made in the sandbox: {made.text.strip()}")


def _moved(value: Any, parent: str) -> Any:
    return value.replace(parent, _MOVED + parent) if isinstance(value, str) and parent else value


def _redo(
    name: str, arguments: Mapping[str, Any], editor: Editor, sandbox: Sandbox, timeout_s: float
) -> str | None:
    if name == "execute_bash":
        shown = execute_bash(str(arguments.get("command", "")), sandbox, timeout_s)
        return truncate(shown.text, OBSERVATION_CHARS)
    if name == "str_replace_editor":
        return truncate(editor.run({"command": "", "path": "", **arguments}, sandbox), OBSERVATION_CHARS)
    return None

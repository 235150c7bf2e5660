"""`BashOnly`: one ``bash`` block per answer, its output as the next message (mini-swe-agent's contract).

It keeps no state, so one object serves every rollout at once. It runs nothing itself.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from repodojo.environments.sandbox import ExecResult
from repodojo.scaffolds.one_command import OneCommand
from repodojo.scaffolds.scaffold import Action
from repodojo.scaffolds.templates import load_templates
from repodojo.types import Instance, Message

ISSUE_FILE = "/tmp/issue.md"  # noqa: S108
"""Where a sandbox holds the issue, so that nobody has to type its snippets again."""
TOOLS_FILE = "/tmp/tools.sh"  # noqa: S108
"""Where a sandbox holds functions for an agent's shell."""
_TOOLS = {
    f"/tmp/{name}": Path(__file__).with_name(name).read_bytes()  # noqa: S108
    for name in ("tools.sh", "replace_line.py")
}
SUBMIT_MARKER = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
RULE_VERSION = 2
"""Raised when parsing, submission or shortening changes."""
PROMPTS: dict[str, dict[str, object]] = {
    "system": {"issue_file": "/path", "tools_file": "/path"},
    "instance": {"problem_statement": "text", "repo": "owner/repo", "version": "1", "hints_text": ""},
    "observation": {"output": "text", "exit_code": 1, "timed_out": False},
    "malformed": {"blocks": 0},
}
"""The values that each prompt may use."""
_OPENING = re.compile(r"^```bash[ \t]*\n", re.MULTILINE)
_CLOSING = re.compile(r"^```[ \t]*$", re.MULTILINE)


class Options(BaseModel):
    """What can be chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompts: Path | None = None
    """Folder of the prompts; by default the one beside the code."""


class BashOnly:
    """A scaffold whose only tool is a shell."""

    name = "bash_only"
    tools: tuple[Mapping[str, Any], ...] = ()
    stop: tuple[str, ...] = ()

    def __init__(self, prompts: Path | None = None, observation_chars: int = 1800) -> None:
        """Read the prompts, by default those beside the code.

        Raises:
            InputError: a prompt cannot be used.
        """
        self._templates = load_templates(prompts or Path(__file__).parent, PROMPTS)
        self._observation_chars = observation_chars
        tools = hashlib.sha256(b"\0".join(_TOOLS.values())).hexdigest()[:8]
        self.fingerprint = f"bash_only-{RULE_VERSION}-{observation_chars}-{self._templates.digest}-{tools}"

    def open(self, instance: Instance) -> Sequence[Message]:
        """Return the system message and the issue."""
        system = self._templates.render("system", issue_file=ISSUE_FILE, tools_file=TOOLS_FILE)
        return (Message("system", system), Message("user", self._issue(instance)))

    def files(self, instance: Instance) -> Mapping[str, bytes]:
        """Return the issue as the file `ISSUE_FILE`, and the tools, for one as `TOOLS_FILE`."""
        return {ISSUE_FILE: self._issue(instance).encode() + b"\n", **_TOOLS}

    def begin(self, instance: Instance) -> OneCommand:
        """Return the state of a new rollout."""
        return OneCommand(self)

    def _issue(self, instance: Instance) -> str:
        return self._templates.render(
            "instance",
            problem_statement=instance.problem_statement,
            repo=instance.repo,
            version=instance.version,
            hints_text=instance.hints_text,
        )

    def parse(self, answer: str) -> Action:
        """Read the only ``bash`` block; anything else is malformed."""
        blocks = list(_blocks(answer))
        command = blocks[0].strip("\n") if len(blocks) == 1 else ""
        if command.strip():
            return Action(command)
        return Action(None, feedback=self._templates.render("malformed", blocks=len(blocks)))

    def submitted(self, result: ExecResult) -> bool:
        """Tell whether the first line of a successful command's output is the marker."""
        first = result.output.lstrip().split(b"\n", 1)[0].strip()
        return result.exit_code == 0 and first == SUBMIT_MARKER.encode()

    def observe(self, result: ExecResult) -> Message:
        """Render exit code and output, shortened."""
        output = shorten(result.text.rstrip("\n"), self._observation_chars)
        text = self._templates.render(
            "observation", output=output, exit_code=result.exit_code, timed_out=result.timed_out
        )
        return Message("user", text)


def _blocks(answer: str) -> Iterator[str]:
    """Yield what stands in each block; one search for each end, since a long answer can open many."""
    opening = _OPENING.search(answer)
    while opening and (closing := _CLOSING.search(answer, opening.end())):
        yield answer[opening.end() : closing.start()]
        opening = _OPENING.search(answer, closing.end())


def shorten(text: str, limit: int) -> str:
    """Cut whole lines out of the middle of a text longer than ``limit`` characters, and say how many.

    A head or tail of one very long line is cut within the line.
    """
    if len(text) <= limit:
        return text
    head = text[: limit // 2]
    tail = text[len(text) - (limit - limit // 2) :]
    head = head[: head.rfind("\n") + 1] or head
    tail = tail[tail.find("\n") + 1 :] or tail
    mark = f"[... {len(text) - len(head) - len(tail)} characters left out ...]"
    return "\n".join([head.removesuffix("\n"), mark, tail])


def create_scaffold(options: Mapping[str, Any], observation_chars: int) -> BashOnly:
    """Build the scaffold from a configuration's options.

    Raises:
        ValidationError: an option is unknown or wrong.
        InputError: a prompt cannot be used.
    """
    return BashOnly(Options.model_validate(options).prompts, observation_chars)

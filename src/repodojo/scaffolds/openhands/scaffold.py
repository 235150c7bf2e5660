"""`OpenHands`: the contract of OpenHands' CodeAct agent 2.2, with this project's own prompts.

The tools, what they say, the form of calls as text, the turns in which nobody answers and the loop detector
are OpenHands'; SWE-Gym samples and evaluates with them (section 3.2). Nothing of a conversation is dropped
when it grows longer than the policy's context: the rollout ends. One object serves every rollout at once.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from repodojo.scaffolds.openhands.session import OpenHandsSession
from repodojo.scaffolds.templates import load_templates
from repodojo.scaffolds.tools.conversion import render_functions
from repodojo.scaffolds.tools.schema import Tool, load_tools
from repodojo.scaffolds.tools.text_form import STOP
from repodojo.types import Instance, Message

RULE_VERSION = 2
"""Raised when the tools' behaviour, the parsing or the observations change."""
PROMPTS: dict[str, dict[str, object]] = {
    "system": {},
    "functions": {"functions": []},
    "instance": {
        "workdir": "/path",
        "problem_statement": "text",
        "repo": "owner/repo",
        "version": "1",
        "hints_text": "",
    },
    "example": {"instance": "text"},
    "continue": {"may_give_up": True},
}
"""The values that each prompt may use."""
CONTRACT = {
    "execute_bash": ("command",),
    "finish": (),
    "str_replace_editor": (
        "command",
        "path",
        "file_text",
        "old_str",
        "new_str",
        "insert_line",
        "view_range",
    ),
}
"""The tools and what they take."""


class Options(BaseModel):
    """What can be chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calls: Literal["text", "native"] = "text"
    """Whether tools are called in the answer's text, or natively by a policy that can."""
    example: bool = False
    """Whether the first message shows calls as text at work (SWE-Gym trains without)."""
    prompts: Path | None = None
    """Folder of the prompts and of ``tools.json``; by default those beside the code."""
    workdir: str = "/testbed"
    """Where the sandbox has the repository."""


class OpenHands:
    """A scaffold of three tools."""

    name = "openhands"

    def __init__(self, options: Options, observation_chars: int = 30_000) -> None:
        """Read the prompts and the tools.

        Raises:
            InputError: one of them cannot be used.
        """
        folder = options.prompts or Path(__file__).parent
        self._options = options
        self._templates = load_templates(folder, PROMPTS)
        self._offered = load_tools(folder / "tools.json", CONTRACT)
        self._observation_chars = observation_chars
        is_native = options.calls == "native"
        self.tools: tuple[Tool, ...] = self._offered.functions if is_native else ()
        self.stop: tuple[str, ...] = () if is_native else (STOP,)
        self.fingerprint = self._digest()

    def _digest(self) -> str:
        chosen = self._options.model_dump_json(exclude={"prompts"})
        parts = [chosen, str(self._observation_chars), self._templates.digest, self._offered.digest]
        return f"openhands-{RULE_VERSION}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:16]}"

    def open(self, instance: Instance) -> Sequence[Message]:
        """Return the system message and the issue."""
        system = self._templates.render("system")
        if not self.tools:
            system = f"{system}\n{render_functions(self._offered.functions, self._templates)}"
        task = self._templates.render(
            "instance",
            workdir=self._options.workdir,
            problem_statement=instance.problem_statement,
            repo=instance.repo,
            version=instance.version,
            hints_text=instance.hints_text,
        )
        if self._options.example:
            task = self._templates.render("example", instance=task)
        return (Message("system", system), Message("user", task))

    def files(self, instance: Instance) -> Mapping[str, bytes]:
        """Return none: the issue is in the conversation only."""
        return {}

    def begin(self, instance: Instance) -> OpenHandsSession:
        """Return the state of a new rollout."""
        native = bool(self.tools)
        return OpenHandsSession(self._offered.functions, native, self._go_on, self._observation_chars)

    def _go_on(self, may_give_up: bool) -> str:
        return self._templates.render("continue", may_give_up=may_give_up)


def create_scaffold(options: Mapping[str, Any], observation_chars: int) -> OpenHands:
    """Build the scaffold from a configuration's options.

    Raises:
        ValidationError: an option is unknown or wrong.
        InputError: a prompt or a tool cannot be used.
    """
    return OpenHands(Options.model_validate(options), observation_chars)

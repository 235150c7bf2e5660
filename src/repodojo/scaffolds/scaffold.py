"""What a scaffold is: prompts, tools and a transition rule around a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from repodojo.environments.sandbox import ExecResult, Sandbox
from repodojo.types import Instance, Message


@dataclass(frozen=True)
class Action:
    """What an answer asks for, where it can ask for one shell command only."""

    command: str | None
    """A shell command; None where the answer was malformed."""
    submits: bool = False
    feedback: str = ""
    """What to tell the policy about a malformed answer."""


@dataclass(frozen=True)
class Response:
    """What came of an answer."""

    messages: tuple[Message, ...] = ()
    """What the policy reads next; a system message among them opens a conversation of its own."""
    command: str | None = None
    """As in `Turn`."""
    exit_code: int | None = None
    sandbox_s: float = 0.0
    malformed: bool = False
    exit_status: str = ""
    """Why the rollout ends here, ``Submitted`` say; empty where it goes on."""
    answer: Message | None = None
    """The answer as the conversation keeps it, where that is not the answer as it came."""


class Session(Protocol):
    """One rollout of a scaffold: the state that its rule needs."""

    def prepare(self, sandbox: Sandbox) -> Sequence[Message]:
        """Look at the sandbox before the first answer; return what then follows the opening messages."""

    def respond(self, answer: Message, sandbox: Sandbox, timeout_s: float) -> Response:
        """Do what an answer asks for; ``timeout_s`` bounds each command."""

    def stuck(self) -> str:
        """Say how the agent goes in circles; nothing where it does not."""


class Scaffold(Protocol):
    """Turns an instance into a conversation, and answers into what follows them; shared by rollouts."""

    name: str
    fingerprint: str
    """Digest of the prompts, the tools and the rule's version."""
    tools: tuple[Mapping[str, Any], ...]
    """What a policy may call natively, as JSON schemas."""
    stop: tuple[str, ...]
    """Texts that end an answer."""

    def open(self, instance: Instance) -> Sequence[Message]:
        """Return the messages that a rollout starts with."""

    def files(self, instance: Instance) -> Mapping[str, bytes]:
        """Return the files that a sandbox holds when a rollout starts, by absolute path."""

    def begin(self, instance: Instance) -> Session:
        """Return the state of a new rollout."""


class CommandRule(Protocol):
    """The rule of a scaffold whose answers hold one shell command each."""

    def parse(self, answer: str) -> Action:
        """Read the action out of an answer."""

    def submitted(self, result: ExecResult) -> bool:
        """Tell whether a command's result hands the work in."""

    def observe(self, result: ExecResult) -> Message:
        """Render a command's result as the next message."""

"""What a policy is, whatever serves it: it answers a conversation with a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from repodojo.types import Message, ToolCall


@dataclass(frozen=True)
class SamplingParameters:
    """How one answer is drawn."""

    temperature: float = 0.0
    max_tokens: int = 256
    seed: int = 0
    stop: tuple[str, ...] = ()
    """Texts that end an answer; they are no part of it."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """Functions that the answer may call, as JSON schemas; an engine that cannot call any refuses them."""


@dataclass(frozen=True)
class Completion:
    """One answer and what it took."""

    text: str
    finish_reason: str
    """``stop`` or ``length``."""
    prompt_tokens: int
    completion_tokens: int
    tool_calls: tuple[ToolCall, ...] = ()
    prompt_token_ids: tuple[int, ...] = ()
    """As the engine has them; none where it does not say."""
    completion_token_ids: tuple[int, ...] = ()


class Policy(Protocol):
    """Answers conversations; safe to call from many threads at once."""

    name: str
    fingerprint: str
    """Digest of what decides the answers: checkpoint, engine settings, or source text of a program."""

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation.

        Raises:
            ContextLengthError: the conversation leaves no room for an answer.
            PolicyError: the engine or endpoint failed.
        """


class Scorer(Protocol):
    """Gives the log-probability of single next tokens, in one prefill."""

    name: str
    fingerprint: str

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        """For each conversation, score each choice (one token) as continuation of ``answer_prefix``.

        ``answer_prefix`` opens the assistant's message. None where the conversation is too long.
        """

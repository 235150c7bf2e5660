"""`ScriptedPolicy`: a policy that replays given answers, for tests and for ``conf/test``.

It keeps no state. A conversation is recognised by a text in its first user message; how far it has come, by
the answers that it already holds. So any number of rollouts may use it at once, in any order.
"""

import hashlib
from collections.abc import Mapping, Sequence

from repodojo.errors import PolicyError
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.types import Message

Script = Sequence[str | Message | PolicyError]
"""The answers of one conversation in turn, messages where they call tools; an error is raised in its turn."""


class ScriptedPolicy:
    """Replays scripts; where several fit a conversation, the seed of its first turn picks one."""

    name = "scripted"

    def __init__(self, scripts: Mapping[str, Sequence[Script]]) -> None:
        """Take scripts by a text that is in the first user message of their conversations."""
        self._scripts = {key: [tuple(script) for script in options] for key, options in scripts.items()}
        self.fingerprint = hashlib.sha256(repr(sorted(self._scripts.items())).encode()).hexdigest()[:16]

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Return the next answer of the conversation's script.

        Raises:
            PolicyError: the script says so, has ended, or there is none.
        """
        opening = next((m.content for m in messages if m.role == "user"), "")
        given = tuple(m if m.tool_calls else m.content for m in messages if m.role == "assistant")
        options = [
            script
            for key, scripts in sorted(self._scripts.items())
            if key in opening
            for script in scripts
            if script[: len(given)] == given and len(script) > len(given)
        ]
        if not options:
            raise PolicyError(f"no script goes on after {len(given)} answers to {opening[:80]!r}")
        answer = options[parameters.seed % len(options)][len(given)]
        if isinstance(answer, PolicyError):
            raise answer
        said = answer if isinstance(answer, Message) else Message("assistant", answer)
        words = said.content.split() + [word for call in said.tool_calls for word in call.arguments.split()]
        prompt_tokens = sum(len(message.content.split()) for message in messages)
        return Completion(said.content, "stop", prompt_tokens, len(words), said.tool_calls)

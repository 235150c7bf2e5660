"""Trajectories as chat rows: the conversation word for word, as it will be served."""

from collections.abc import Iterator, Sequence
from typing import Any

from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.types import Message, Trajectory, to_json


def sft_rows(trajectories: Sequence[Trajectory]) -> list[dict[str, Any]]:
    """Return one row for each conversation, up to its last answer; those without an answer teach nothing.

    A trajectory is one conversation, or one for each of its system messages.
    """
    rows = []
    for trajectory in trajectories:
        for conversation in split_conversations(trained_messages(trajectory)):
            answers = [at for at, message in enumerate(conversation) if message.role == "assistant"]
            if answers:
                rows.append({"messages": [to_json(each) for each in conversation[: answers[-1] + 1]]})
    return rows


def split_conversations(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Cut before each system message but a first one."""
    starts = [at for at, message in enumerate(messages) if message.role == "system" and at > 0]
    for start, end in zip([0, *starts], [*starts, len(messages)], strict=True):
        yield messages[start:end]

"""Trajectories as chat rows: the conversation word for word, as it will be served."""

from collections.abc import Iterator, Sequence
from typing import Any

from repodojo.errors import InputError
from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.training.settings import RowSettings
from repodojo.types import Message, Trajectory, Turn, to_json


def sft_rows(trajectories: Sequence[Trajectory], rows: RowSettings | None = None) -> list[dict[str, Any]]:
    """Return the rows of the trajectories' conversations; one without an answer to learn from makes none.

    A trajectory is one conversation, or one for each of its system messages. A row's ``masked``, where it has
    one, lists the places of the answers without loss.
    """
    settings = rows or RowSettings()
    return [row for trajectory in trajectories for row in _rows(trajectory, settings)]


def split_conversations(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Cut before each system message but a first one."""
    starts = [at for at, message in enumerate(messages) if message.role == "system" and at > 0]
    for start, end in zip([0, *starts], [*starts, len(messages)], strict=True):
        yield messages[start:end]


def _rows(trajectory: Trajectory, settings: RowSettings) -> Iterator[dict[str, Any]]:
    messages = trained_messages(trajectory)
    masked_turns = set(_masked_turns(trajectory, settings))
    if masked_turns:
        _check_turns(trajectory, messages)
    turn = 0
    for conversation in split_conversations(messages):
        answers = [at for at, message in enumerate(conversation) if message.role == "assistant"]
        masked = {at for number, at in enumerate(answers, turn) if number in masked_turns}
        turn += len(answers)
        learned = [at for at in answers if at not in masked]
        if settings.per == "call":
            for at in learned:
                yield _row(conversation, at, [other for other in answers if other < at])
        elif learned:
            yield _row(conversation, learned[-1], [at for at in sorted(masked) if at < learned[-1]])


def _row(conversation: Sequence[Message], last: int, masked: list[int]) -> dict[str, Any]:
    """Build a row of the messages up to the answer at ``last``."""
    messages = [to_json(message) for message in conversation[: last + 1]]
    return {"messages": messages, "masked": masked} if masked else {"messages": messages}


def _masked_turns(trajectory: Trajectory, settings: RowSettings) -> Iterator[int]:
    """Yield the turns that loss is taken from."""
    final = len(trajectory.turns) - 1
    for number, turn in enumerate(trajectory.turns):
        # An answer without a command that hands in is not malformed: the tool for it is no command.
        submits = number == final and trajectory.exit_status == "Submitted"
        if _kind(turn) in settings.masked_turns and not submits:
            yield number


def _check_turns(trajectory: Trajectory, messages: Sequence[Message]) -> None:
    """Look whether the answers can be told apart by turn; a lost sandbox leaves one without."""
    answers, turns = sum(message.role == "assistant" for message in messages), len(trajectory.turns)
    if answers not in (turns, turns + 1):
        raise InputError(
            f"{trajectory.rollout_id}: found {answers} answers for {turns} turns (calls of one answer become "
            f"answers of their own), expected one for each; unset sft.rows.masked_turns"
        )


def _kind(turn: Turn) -> str:
    if turn.command is None:
        return "malformed"
    return "sound" if turn.exit_code in (0, None) else "failed"

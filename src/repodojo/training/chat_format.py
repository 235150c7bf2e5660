"""Trajectories as chat rows: the conversation word for word, as it will be served."""

from collections.abc import Iterator, Sequence
from typing import Any

from repodojo.training.settings import RowSettings
from repodojo.types import Trajectory, Turn, to_json


def sft_rows(trajectories: Sequence[Trajectory], rows: RowSettings | None = None) -> list[dict[str, Any]]:
    """Return the rows of trajectories; what holds no answer to learn from makes none.

    A row's ``masked``, where it has one, lists the places of the answers without loss.
    """
    settings = rows or RowSettings()
    return [row for trajectory in trajectories for row in _rows(trajectory, settings)]


def _rows(trajectory: Trajectory, settings: RowSettings) -> Iterator[dict[str, Any]]:
    answers = [at for at, message in enumerate(trajectory.messages) if message.role == "assistant"]
    masked = {answers[turn] for turn in _masked_turns(trajectory, settings) if turn < len(answers)}
    learned = [at for at in answers if at not in masked]
    if settings.per == "call":
        for at in learned:
            yield _row(trajectory, at, [other for other in answers if other < at])
    elif learned:
        yield _row(trajectory, answers[-1], sorted(masked))


def _row(trajectory: Trajectory, last: int, masked: list[int]) -> dict[str, Any]:
    """Build a row of the messages up to the answer at ``last``."""
    messages = [to_json(message) for message in trajectory.messages[: last + 1]]
    return {"messages": messages, "masked": masked} if masked else {"messages": messages}


def _masked_turns(trajectory: Trajectory, settings: RowSettings) -> Iterator[int]:
    """Yield the turns that loss is taken from."""
    final = len(trajectory.turns) - 1
    for number, turn in enumerate(trajectory.turns):
        # An answer without a command that hands in is not malformed: the tool for it is no command.
        submits = number == final and trajectory.exit_status == "Submitted"
        if _kind(turn) in settings.masked_turns and not submits:
            yield number


def _kind(turn: Turn) -> str:
    if turn.command is None:
        return "malformed"
    return "failed" if turn.exit_code != 0 else "sound"

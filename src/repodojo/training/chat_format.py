"""Trajectories as chat rows: the conversation word for word, as it will be served."""

from collections.abc import Sequence
from typing import Any

from repodojo.types import Trajectory, to_json


def sft_rows(trajectories: Sequence[Trajectory]) -> list[dict[str, Any]]:
    """Return one row for each trajectory, up to its last answer; those without an answer teach nothing."""
    rows = []
    for trajectory in trajectories:
        answers = [at for at, message in enumerate(trajectory.messages) if message.role == "assistant"]
        if answers:
            messages = trajectory.messages[: answers[-1] + 1]
            rows.append({"messages": [to_json(message) for message in messages]})
    return rows

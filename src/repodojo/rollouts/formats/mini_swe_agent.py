"""mini-swe-agent's ``.traj.json`` (``mini-swe-agent-1`` and ``1.1``)."""

from collections.abc import Mapping
from typing import Any

from repodojo.rollouts.formats.conversation import read_chat
from repodojo.rollouts.formats.draft import Attempt, Draft, read_outcome, read_status
from repodojo.rollouts.formats.fields import find_number, find_text, take
from repodojo.types import to_json


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one run; the ``exit`` message repeats the patch and is no part of the conversation."""
    messages = take(data, "messages", list, where)
    chat = [item for item in messages if not (isinstance(item, Mapping) and item.get("role") == "exit")]
    return Draft(
        instance_id=take(data, "instance_id", str, where),
        messages=read_chat(chat, where),
        model_patch=find_text(data, where, "info.submission"),
        exit_status=read_status(take(data, "info.exit_status", str, where)),
        policy=find_text(data, where, "info.config.model.model_name"),
        scaffold="mini-swe-agent",
        temperature=find_number(data, where, "info.config.model.model_kwargs.temperature"),
        outcome=read_outcome(data, where, "info.resolved"),
    )


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one run."""
    trajectory = attempt.trajectory
    info: dict[str, Any] = {
        "exit_status": trajectory.exit_status,
        "submission": trajectory.model_patch,
        "model_stats": {"instance_cost": 0.0, "api_calls": len(trajectory.turns)},
        "config": {
            "model": {
                "model_name": trajectory.policy,
                "model_kwargs": {"temperature": trajectory.temperature},
            }
        },
        **attempt.resolved_field,
    }
    return {
        "instance_id": trajectory.instance_id,
        "trajectory_format": "mini-swe-agent-1.1",
        "info": info,
        "messages": [to_json(message) for message in trajectory.messages],
    }

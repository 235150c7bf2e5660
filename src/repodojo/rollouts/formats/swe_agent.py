"""SWE-agent's ``.traj``, 0.x and 1.x; the file is named for its instance."""

from collections.abc import Mapping
from typing import Any

from repodojo.rollouts.formats.conversation import find_command, read_chat
from repodojo.rollouts.formats.draft import Attempt, Draft, read_outcome, read_status
from repodojo.rollouts.formats.fields import find_number, find_text, take
from repodojo.types import Message, Turn, to_json


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one run without the demonstration that its prompt can hold."""
    history = take(data, "history", list, where)
    chat = [item for item in history if not (isinstance(item, Mapping) and item.get("is_demo"))]
    steps = take(data, "trajectory", list, where)
    return Draft(
        instance_id=take(data, "instance_id", str, where),
        messages=read_chat(chat, where),
        model_patch=find_text(data, where, "info.submission"),
        exit_status=read_status(find_text(data, where, "info.exit_status")),
        policy=find_text(data, where, "info.model", "replay_config.agent.model.name"),
        scaffold="swe-agent",
        outcome=read_outcome(data, where, "info.resolved"),
        turns=tuple(_turn(step, f"{where}, step {number}") for number, step in enumerate(steps, start=1)),
    )


def _turn(step: Any, where: str) -> Turn:
    action = take(step, "action", str, where).rstrip("\n")
    return Turn(action or None, None, 0, 0, "", 0.0, find_number(step, where, "execution_time"))


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one run, with the instance's name in it."""
    trajectory = attempt.trajectory
    info: dict[str, Any] = {
        "exit_status": trajectory.exit_status.lower(),
        "submission": trajectory.model_patch,
        "model": trajectory.policy,
        "model_stats": {"instance_cost": 0.0, "api_calls": len(trajectory.turns)},
        **attempt.resolved_field,
    }
    return {
        "instance_id": trajectory.instance_id,
        "environment": trajectory.instance_id,
        "trajectory": _steps(trajectory.messages),
        "history": [{**to_json(message), "agent": "main"} for message in trajectory.messages],
        "info": info,
    }


def _steps(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Return a step for each answer, with the message that follows it as observation."""
    steps = []
    for number, message in enumerate(messages):
        if message.role == "assistant":
            after = messages[number + 1] if number + 1 < len(messages) else None
            steps.append(
                {
                    "action": find_command(message.content) or "",
                    "observation": after.content if after and after.role == "user" else "",
                    "response": message.content,
                    "thought": message.content,
                    "execution_time": 0.0,
                    "state": {},
                }
            )
    return steps

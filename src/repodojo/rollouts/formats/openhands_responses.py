"""OpenHands' rollouts as NeMo Gym records them: a request of the Responses API, its items, and a verdict.

One row a rollout (``responses_api_agents/swe_agents`` there). Rows of older versions hold no patch.
"""

from collections.abc import Mapping
from typing import Any

from repodojo.rollouts.formats.conversation import read_chat, read_native
from repodojo.rollouts.formats.draft import Attempt, Draft, end_of, read_outcome
from repodojo.rollouts.formats.fields import find, find_number, find_text, take
from repodojo.rollouts.formats.responses_items import as_chat, opening_items
from repodojo.rollouts.formats.tools import read_tools
from repodojo.types import Message

_REQUEST = "responses_create_params"
_ENDS = {"max_iteration": "LimitsExceeded", "context_window": "ContextLength", "stuck_in_loop": "StuckInLoop"}
"""Our word for what ended an agent (``agent_error_kind``)."""


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one row."""
    request = take(data, _REQUEST, dict, where)
    opening = opening_items(find_text(request, where, "instructions"), request.get("input"), where)
    chat = as_chat([*opening, *take(data, "response.output", list, where)], where)
    tools = tuple(
        {key: value for key, value in tool.items() if key != "type"}
        for tool in read_tools(data, where, f"{_REQUEST}.tools")
    )
    messages = (read_native if tools else read_chat)(chat, where)
    return Draft(
        instance_id=_instance_id(data, where),
        messages=messages,
        model_patch=find_text(data, where, "model_patch"),
        exit_status=_exit_status(data, messages, where),
        policy=find_text(data, where, "response.model", f"{_REQUEST}.model"),
        scaffold=find_text(data, where, "metadata.agent_framework") or "openhands",
        temperature=find_number(data, where, f"{_REQUEST}.temperature"),
        outcome=read_outcome(data, where, "resolved", "metadata.resolved"),
        tools=tools,
    )


def _instance_id(data: Mapping[str, Any], where: str) -> str:
    name = find_text(data, where, "instance_id") or find_text(data, where, "metadata.instance_id")
    return name or take(data, f"{_REQUEST}.metadata.instance_id", str, where)


def _exit_status(data: Mapping[str, Any], messages: tuple[Message, ...], where: str) -> str:
    if find(data, "agent_timed_out") is True:
        return "TimeExceeded"
    return _ENDS.get(find_text(data, where, "agent_error_kind")) or end_of(messages)


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one row."""
    trajectory = attempt.trajectory
    items = [_item(message) for message in trajectory.messages]
    first = next((n for n, item in enumerate(items) if item["role"] == "assistant"), len(items))
    kinds = {status: kind for kind, status in _ENDS.items()}
    named = {"instance_id": trajectory.instance_id}
    return {
        **named,
        _REQUEST: {
            "input": items[:first],
            "metadata": named,
            "model": trajectory.policy,
            "temperature": trajectory.temperature,
            "tools": [],
        },
        "response": {"model": trajectory.policy, "object": "response", "output": items[first:]},
        "model_patch": trajectory.model_patch,
        "patch_exists": bool(trajectory.model_patch),
        "agent_error_kind": kinds.get(trajectory.exit_status),
        "agent_timed_out": trajectory.exit_status == "TimeExceeded",
        **attempt.resolved_field,
        "metadata": {**named, "agent_framework": trajectory.scaffold},
    }


def _item(message: Message) -> dict[str, Any]:
    kind = "output_text" if message.role == "assistant" else "input_text"
    content = [{"type": kind, "text": message.content}]
    return {"type": "message", "role": message.role, "content": content}

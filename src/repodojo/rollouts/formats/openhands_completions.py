"""OpenHands' ``llm_completions``: a folder for each instance, a file for each call of the model.

The last call holds the whole conversation; the patch is in ``output.jsonl`` beside it, not here.
"""

from collections.abc import Mapping
from typing import Any

from repodojo.errors import InputError
from repodojo.rollouts.formats.conversation import count_turns, read_chat, read_native
from repodojo.rollouts.formats.draft import Attempt, Draft
from repodojo.rollouts.formats.fields import find, find_number, find_text, take
from repodojo.rollouts.formats.tools import read_tools
from repodojo.types import to_json


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read the last call of one instance; where calls were turned into text, the structured form counts."""
    structured = "fncall_messages" in data
    messages = take(data, "fncall_messages" if structured else "messages", list, where)
    name = "fncall_response" if find(data, "fncall_response") else "response"
    choices = take(data, f"{name}.choices", list, where)
    if not choices:
        raise InputError(f"{where}: field '{name}.choices': expected an answer, found an empty list")
    tools = read_tools(data, where, "kwargs.tools")
    read = read_native if tools else read_chat
    chat = read([*messages, take(choices[0], "message", dict, where)], where)
    last = [turn.command or "" for turn in count_turns(chat)][-1:]
    return Draft(
        instance_id=take(data, "instance_id", str, where),
        messages=chat,
        model_patch=find_text(data, where, "git_patch"),
        exit_status="Submitted"
        if any(command.startswith("<function=finish>") for command in last)
        else "Unknown",
        policy=find_text(data, where, f"{name}.model"),
        scaffold="openhands",
        temperature=find_number(data, where, "kwargs.temperature"),
        tools=tools,
    )


def build(attempt: Attempt) -> dict[str, Any]:
    """Return the last call: all messages but the last, and the last as its answer.

    Raises:
        InputError: the conversation does not end with an answer.
    """
    trajectory = attempt.trajectory
    messages = [to_json(message) for message in trajectory.messages]
    if not messages or messages[-1]["role"] != "assistant":
        raise InputError(
            f"{trajectory.rollout_id}: openhands_completions: expected an answer as the last message"
        )
    return {
        "instance_id": trajectory.instance_id,
        "messages": messages[:-1],
        "response": {
            "model": trajectory.policy,
            "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": "stop", "message": messages[-1]}],
        },
        "kwargs": {"temperature": trajectory.temperature},
        "git_patch": trajectory.model_patch,
    }

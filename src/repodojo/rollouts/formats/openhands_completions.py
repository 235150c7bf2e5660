"""OpenHands' ``llm_completions``: a folder for each instance, a file for each call of the model.

The last call holds the whole conversation; the patch is in ``output.jsonl`` beside it, not here. A call is
one of the chat completions, or of the Responses API (``llm_path`` says so), whose tools are not described.
"""

from collections.abc import Mapping
from typing import Any

from repodojo.errors import InputError
from repodojo.rollouts.formats.conversation import read_chat, read_native
from repodojo.rollouts.formats.draft import Attempt, Draft, end_of
from repodojo.rollouts.formats.fields import find, find_number, find_text, take
from repodojo.rollouts.formats.responses_items import as_chat, opening_items
from repodojo.rollouts.formats.tools import read_tools
from repodojo.types import to_json


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read the last call of one instance; where calls were turned into text, the structured form counts."""
    name = "fncall_response" if find(data, "fncall_response") else "response"
    through_items = find(data, "llm_path") == "responses"
    messages = _items(data, where) if through_items else _completion(data, name, where)
    tools = () if through_items else read_tools(data, where, "kwargs.tools")
    chat = (read_native if tools else read_chat)(messages, where)
    return Draft(
        instance_id=take(data, "instance_id", str, where),
        messages=chat,
        model_patch=find_text(data, where, "git_patch"),
        exit_status=end_of(chat),
        policy=find_text(data, where, f"{name}.model"),
        scaffold="openhands",
        temperature=find_number(data, where, "kwargs.temperature"),
        tools=tools,
    )


def _items(data: Mapping[str, Any], where: str) -> list[Any]:
    opening = opening_items(find_text(data, where, "instructions"), data.get("input"), where)
    return as_chat([*opening, *take(data, "response.output", list, where)], where)


def _completion(data: Mapping[str, Any], name: str, where: str) -> list[Any]:
    structured = "fncall_messages" in data
    messages = take(data, "fncall_messages" if structured else "messages", list, where)
    choices = take(data, f"{name}.choices", list, where)
    if not choices:
        raise InputError(f"{where}: field '{name}.choices': expected an answer, found an empty list")
    return [*messages, take(choices[0], "message", dict, where)]


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

"""Conversations with native tool calls as plain text: what a policy without tools is trained on and shown.

An answer with several calls becomes as many answers of one call each, every one followed by its result
(80 of the 491 published successes hold such answers). Calls that nothing answered are dropped.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from repodojo.scaffolds.templates import Templates
from repodojo.scaffolds.tools.schema import Tool, properties, required
from repodojo.scaffolds.tools.text_form import Call, render_answer, render_result
from repodojo.types import Message


def split_calls(messages: Sequence[Message]) -> list[Message]:
    """Break answers of several calls into answers of one call, each before its result.

    What was said before the calls stays with the first. A final call, which ends a rollout and gets no
    result, stays too; any other call without one is dropped.
    """
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    last = max((at for at, message in enumerate(messages) if message.role == "assistant"), default=-1)
    kept: list[Message] = []
    for at, message in enumerate(messages):
        if message.tool_calls:
            kept += _one_by_one(message, results, is_last=at == last)
        elif message.role != "tool":
            kept.append(message)
    return kept


def _one_by_one(message: Message, results: Mapping[str, Message], is_last: bool) -> list[Message]:
    parts: list[Message] = []
    for call in message.tool_calls:
        result = results.get(call.call_id)
        if result is not None or is_last:
            said = "" if parts else message.content
            parts.append(replace(message, content=said, tool_calls=(call,)))
            parts += [result] if result is not None else []
        if result is None and is_last:
            break
    return parts


def as_text(messages: Sequence[Message], suffix: str) -> tuple[Message, ...]:
    """Return messages with calls and results as text; ``suffix`` ends every system message."""
    names = {call.call_id: call.name for message in messages for call in message.tool_calls}
    return tuple(_as_text(message, suffix, names) for message in split_calls(messages))


def _as_text(message: Message, suffix: str, names: Mapping[str, str]) -> Message:
    if message.role == "system":
        return Message("system", f"{message.content}\n{suffix}")
    if message.role == "tool":
        return Message("user", render_result(names.get(message.tool_call_id, ""), message.content))
    if message.tool_calls:
        call = message.tool_calls[0]
        return Message(
            "assistant", render_answer(message.content, Call(call.name, json.loads(call.arguments or "{}")))
        )
    return message


def render_functions(tools: Sequence[Tool], templates: Templates) -> str:
    """Describe tools and the form of their calls, as the end of a system prompt."""
    functions = [
        {
            "name": tool["name"],
            "description": tool["description"],
            "parameters": [
                {
                    "name": name,
                    "type": schema.get("type", "string"),
                    "required": name in required(tool),
                    "description": schema.get("description", ""),
                    "allowed": schema.get("enum", []),
                }
                for name, schema in properties(tool).items()
            ],
        }
        for tool in tools
    ]
    return templates.render("functions", functions=functions)

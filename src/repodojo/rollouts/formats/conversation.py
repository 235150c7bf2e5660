"""What every format's conversation becomes: plain messages, with tool calls as text, as in SWE-Gym's rows.

A call is ``<function=NAME>`` with a ``<parameter=...>`` for each argument after the answer's text, its result
a user message that starts with ``EXECUTION RESULT of [NAME]:`` (OpenHands' form for models without calls).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repodojo.errors import InputError
from repodojo.json_values import json_value, parse_json
from repodojo.rollouts.formats.fields import find, find_id, find_objects, find_text, take, unfit
from repodojo.scaffolds.tools.text_form import Call, render_call, render_result
from repodojo.types import Message, Role, ToolCall, Turn

_ROLES: Mapping[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
_OPENING = re.compile(r"^```(?:bash|sh)?[ \t]*\n", re.MULTILINE)
_CLOSING = re.compile(r"^```[ \t]*$", re.MULTILINE)
_COMMAND = re.compile(r"<function=(?:execute_bash|bash)>\s*<parameter=command>")


def read_chat(messages: Sequence[Any], where: str) -> tuple[Message, ...]:
    """Read messages in the shape of chat completions, with or without tool calls.

    Raises:
        InputError: a message has no role, an unknown one, content that is no text, or calls that are none.
    """
    names: dict[str, str] = {}
    read = []
    for number, item in enumerate(messages, start=1):
        place = f"{where}, message {number}"
        role = take(item, "role", str, place)
        text = read_text(item.get("content"), f"{place}: field 'content'")
        if role == "tool":
            name = find_text(item, place, "name") or names.get(_answered(item, place), "tool")
            read.append(Message("user", render_result(name, text)))
        elif role in _ROLES:
            calls = find_objects(item, place, "tool_calls")
            names |= {find_id(call, place, "id"): take(call, "function.name", str, place) for call in calls}
            read.append(Message(_ROLES[role], add_calls(text, [_call(call, place) for call in calls])))
        else:
            raise unfit(place, ("role",), f"one of {', '.join([*_ROLES, 'tool'])}", role)
    return tuple(read)


def _answered(item: Mapping[str, Any], where: str) -> str:
    """Return the id of the call that a message of role ``tool`` answers; SWE-agent keeps it in a list."""
    listed = find(item, "tool_call_ids") or [None]
    if not isinstance(listed, list):
        raise unfit(where, ("tool_call_ids",), "a list or null", listed)
    return find_id(item, where, "tool_call_id") or find_id(
        {"tool_call_ids": listed[0]}, where, "tool_call_ids"
    )


def read_text(content: Any, where: str) -> str:
    """Read content that is text, a list of parts with text, or null.

    Raises:
        InputError: it is anything else.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
        return "\n".join(find_text(part, where, "text") for part in content if find(part, "text"))
    raise InputError(f"{where}: expected text or a list of parts, found {content!r:.80}")


def add_calls(text: str, calls: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Return an answer with its calls in text form."""
    return "\n\n".join(
        [part for part in (text.rstrip(),) if part] + [render_call(Call(*call)) for call in calls]
    )


def _call(call: Mapping[str, Any], where: str) -> tuple[str, Mapping[str, Any]]:
    values = _arguments(call, where)
    return call["function"]["name"], {
        "arguments": call["function"]["arguments"]
    } if values is None else values


def _arguments(call: Mapping[str, Any], where: str) -> Mapping[str, Any] | None:
    """Return a call's arguments; None where their text is no JSON that any step could hold.

    Raises:
        InputError: they are no object.
    """
    values = find(call, "function.arguments")
    if isinstance(values, str) and values:
        try:
            values = json_value(parse_json(values, where), where)
        except InputError:
            return None
    if not isinstance(values or {}, Mapping):
        raise unfit(where, ("function.arguments",), "an object", values)
    return values or {}


def read_native(messages: Sequence[Any], where: str) -> tuple[Message, ...]:
    """Read messages as `read_chat` does, with their calls as calls.

    Raises:
        InputError: as there, or a call's arguments are no JSON object.
    """
    read = []
    for number, (spoken, item) in enumerate(zip(read_chat(messages, where), messages, strict=True), start=1):
        place = f"{where}, message {number}"
        text = read_text(item.get("content"), place)
        calls = tuple(_native(call, place) for call in find_objects(item, place, "tool_calls"))
        if item["role"] == "tool":
            read.append(Message("tool", text, tool_call_id=_answered(item, place)))
        elif item["role"] == "assistant" and calls:
            read.append(Message("assistant", text, calls))
        else:
            read.append(spoken)
    return tuple(read)


def _native(call: Mapping[str, Any], where: str) -> ToolCall:
    name, given, values = call["function"]["name"], find(call, "function.arguments"), _arguments(call, where)
    if values is None:
        raise unfit(where, ("tool_calls",), f"the arguments of {name} as an object", given)
    text = given if given and isinstance(given, str) else json.dumps(values)
    return ToolCall(find_id(call, where, "id"), name, text)


def check_calls(message: Message, where: str) -> None:
    """Refuse calls whose arguments are no JSON object.

    Raises:
        InputError: naming the call.
    """
    for call in message.tool_calls:
        _native({"function": {"name": call.name, "arguments": call.arguments}}, where)


def find_command(answer: str) -> str | None:
    """Return what an answer asks for: a shell command, the text of another call, or None."""
    command = _COMMAND.search(answer)
    end = answer.find("</parameter>", command.end()) if command else -1
    if command and end >= 0:
        return answer[command.end() : end].strip("\n")
    call = answer.find("<function=")
    if call >= 0:
        end = answer.find("</function>", call)
        return answer[call : end + len("</function>")] if end >= 0 else answer[call:]
    blocks = _blocks(answer)
    return blocks[0].strip("\n") if len(blocks) == 1 else None


def _blocks(answer: str) -> list[str]:
    """Return the fenced blocks of shell code; one search for each end, since a long answer can have many."""
    blocks = []
    opening = _OPENING.search(answer)
    while opening and (closing := _CLOSING.search(answer, opening.end())):
        blocks.append(answer[opening.end() : closing.start()])
        opening = _OPENING.search(answer, closing.end())
    return blocks


def count_turns(messages: Iterable[Message]) -> tuple[Turn, ...]:
    """Return a turn for each answer; what nobody says (tokens, seconds, exit codes) is 0 or None."""
    return tuple(
        Turn(find_command(_answer(message)), None, 0, 0, "", 0.0, 0.0)
        for message in messages
        if message.role == "assistant"
    )


def _answer(message: Message) -> str:
    calls = [(call.name, json.loads(call.arguments)) for call in message.tool_calls]
    return add_calls(message.content, calls) if calls else message.content

"""What every format's conversation becomes: plain messages, with tool calls as text, as in SWE-Gym's rows.

A call is ``<function=NAME>`` with a ``<parameter=...>`` for each argument after the answer's text, its result
a user message that starts with ``EXECUTION RESULT of [NAME]:`` (OpenHands' form for models without calls).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repodojo.errors import InputError
from repodojo.rollouts.formats.fields import find, take
from repodojo.scaffolds.tools.text_form import Call, render_call, render_result
from repodojo.types import Message, Role, ToolCall, Turn

_ROLES: Mapping[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
_BLOCK = re.compile(r"^```(?:bash|sh)?[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"<function=.*?(?:</function>|\Z)", re.DOTALL)
_COMMAND = re.compile(r"<function=(?:execute_bash|bash)>\s*<parameter=command>(.*?)</parameter>", re.DOTALL)


def read_chat(messages: Sequence[Any], where: str) -> tuple[Message, ...]:
    """Read messages in the shape of chat completions, with or without tool calls.

    Raises:
        InputError: a message has no role, an unknown one, or content that is no text.
    """
    names: dict[str, str] = {}
    read = []
    for number, item in enumerate(messages, start=1):
        place = f"{where}, message {number}"
        role = take(item, "role", str, place)
        text = read_text(item.get("content"), f"{place}: field 'content'")
        calls = item.get("tool_calls") or []
        if role == "tool":
            call_id = item.get("tool_call_id") or next(iter(item.get("tool_call_ids") or []), "")
            name = item.get("name") or names.get(call_id, "tool")
            read.append(Message("user", render_result(str(name), text)))
        elif role in _ROLES:
            names |= {str(call.get("id")): take(call, "function.name", str, place) for call in calls}
            read.append(Message(_ROLES[role], add_calls(text, [_call(call, place) for call in calls])))
        else:
            expected = ", ".join([*_ROLES, "tool"])
            raise InputError(f"{place}: field 'role': expected one of {expected}, found {role!r}")
    return tuple(read)


def read_text(content: Any, where: str) -> str:
    """Read content that is text, a list of parts with text, or null.

    Raises:
        InputError: it is anything else.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
        return "\n".join(str(part["text"]) for part in content if isinstance(part.get("text"), str))
    raise InputError(f"{where}: expected text or a list of parts, found {type(content).__name__}")


def add_calls(text: str, calls: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Return an answer with its calls in text form."""
    return "\n\n".join(
        [part for part in (text.rstrip(),) if part] + [render_call(Call(*call)) for call in calls]
    )


def _call(call: Mapping[str, Any], where: str) -> tuple[str, Mapping[str, Any]]:
    arguments = call["function"].get("arguments") or "{}"
    try:
        values = json.loads(arguments) if isinstance(arguments, str) else arguments
    except json.JSONDecodeError:
        values = {"arguments": arguments}
    if not isinstance(values, Mapping):
        found = type(values).__name__
        raise InputError(f"{where}: field 'function.arguments': expected an object, found {found}")
    return call["function"]["name"], values


def read_native(messages: Sequence[Any], where: str) -> tuple[Message, ...]:
    """Read messages as `read_chat` does, with their calls as calls.

    Raises:
        InputError: as there, or a call's arguments are no JSON object.
    """
    read = []
    for spoken, item in zip(read_chat(messages, where), messages, strict=True):
        text = read_text(item.get("content"), where)
        if item["role"] == "tool":
            read.append(Message("tool", text, tool_call_id=str(item.get("tool_call_id") or "")))
        elif item.get("tool_calls"):
            calls = tuple(_native(call, where) for call in item["tool_calls"])
            read.append(Message("assistant", text, calls))
        else:
            read.append(spoken)
    return tuple(read)


def _native(call: Mapping[str, Any], where: str) -> ToolCall:
    name, arguments = call["function"]["name"], call["function"].get("arguments") or "{}"
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    try:
        values = json.loads(text)
    except json.JSONDecodeError:
        values = None
    if not isinstance(values, dict):
        raise InputError(
            f"{where}: field 'tool_calls': expected the arguments of {name} as an object, found {text:.60}"
        )
    return ToolCall(str(call.get("id") or ""), name, text)


def read_tools(tools: Any) -> tuple[Mapping[str, Any], ...]:
    """Read the functions offered to a model; what a table's columns added as null is left out."""
    listed = json.loads(tools) if isinstance(tools, str) and tools else tools
    found = [_without_null(find(tool, "function") or tool) for tool in listed or []]
    return tuple(tool for tool in found if isinstance(tool, Mapping) and "name" in tool)


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(part) for key, part in value.items() if part is not None}
    return [_without_null(part) for part in value] if isinstance(value, list) else value


def find_command(answer: str) -> str | None:
    """Return what an answer asks for: a shell command, the text of another call, or None."""
    command = _COMMAND.search(answer)
    if command:
        return command[1].strip("\n")
    call = _CALL.search(answer)
    if call:
        return call[0]
    blocks = _BLOCK.findall(answer)
    return blocks[0].strip("\n") if len(blocks) == 1 else None


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

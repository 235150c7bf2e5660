"""Items of OpenAI's Responses API as messages of its chat completions.

Calls and results are items of their own there; a call belongs to the answer before it. What a model thought
(items of type ``reasoning``) is left out: it is summarised or encrypted, and no message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from repodojo.rollouts.formats.fields import find, find_id, find_text, take, unfit

_KINDS = ("message", "function_call", "function_call_output", "reasoning")


def as_chat(items: Sequence[Any], where: str) -> list[dict[str, Any]]:
    """Return messages.

    Raises:
        InputError: an item is of another type, or lacks what its type has.
    """
    chat: list[dict[str, Any]] = []
    for number, item in enumerate(items, start=1):
        place = f"{where}, item {number}"
        kind = find_text(item, place, "type") or "message"
        if kind == "function_call":
            if not chat or chat[-1]["role"] != "assistant":
                chat.append({"role": "assistant", "content": ""})
            chat[-1].setdefault("tool_calls", []).append(_call(item, place))
        elif kind == "function_call_output":
            called = find_id(item, place, "call_id")
            chat.append({"role": "tool", "tool_call_id": called, "content": find(item, "output")})
        elif kind == "message":
            role = take(item, "role", str, place)
            chat.append({"role": "system" if role == "developer" else role, "content": find(item, "content")})
        elif kind not in _KINDS:
            raise unfit(place, ("type",), f"one of {', '.join(_KINDS)}", kind)
    return chat


def opening_items(instructions: str, given: Any, where: str) -> list[Any]:
    """Return what a request starts with: its instructions, then its input, which may be only a text.

    Raises:
        InputError: the input is neither text nor a list.
    """
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise unfit(where, ("input",), "text or a list", given)
    return [{"role": "system", "content": instructions}, *given] if instructions else given


def _call(item: Mapping[str, Any], where: str) -> dict[str, Any]:
    function = {"name": take(item, "name", str, where), "arguments": find(item, "arguments")}
    return {"id": find_id(item, where, "call_id", "id"), "type": "function", "function": function}

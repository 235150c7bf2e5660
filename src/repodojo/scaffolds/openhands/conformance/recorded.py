"""Reads tool calls and what they gave out of recorded OpenHands trajectories, whatever form they are in.

Four public forms: messages with native calls (completion logs, sampled trajectories), messages with calls as
text (the published training rows), events (``output.jsonl``) and items of OpenAI's responses interface.
Results without a call, and calls without a result, are left out: they cannot be compared.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from repodojo.errors import InputError

_CALL = re.compile(r"<function=([^>]+)>\n(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>]+)>(.*?)</parameter>", re.DOTALL)
_RESULT = re.compile(r"EXECUTION RESULT of \[(.*?)\]:\n(.*)", re.DOTALL)


class Step(NamedTuple):
    """A call and what it gave."""

    name: str
    arguments: Mapping[str, Any]
    observation: str


def read_steps(path: Path) -> list[list[Step]]:
    """Return the steps of every trajectory of a ``.json`` or ``.jsonl`` file.

    Raises:
        InputError: the file is not JSON, or a row is in none of the known forms.
    """
    text = path.read_text(encoding="utf-8")
    try:
        found = (
            [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)
        )
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    rows = found if isinstance(found, list) else [found]
    return [list(steps_of(row, f"{path}, row {number}")) for number, row in enumerate(rows, 1)]


def steps_of(row: Mapping[str, Any], where: str = "trajectory") -> Iterator[Step]:
    """Yield the steps of one trajectory.

    Raises:
        InputError: it has none of the known fields.
    """
    if isinstance(row.get("messages"), list):
        yield from _of_messages(row["messages"])
    elif isinstance(row.get("history"), list):
        yield from _of_events(row["history"])
    elif isinstance(row.get("response"), Mapping) and isinstance(row["response"].get("output"), list):
        yield from _of_items(row["response"]["output"])
    else:
        raise InputError(f"{where}: expected 'messages', 'history' or 'response.output', found {sorted(row)}")


def _of_messages(messages: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    calls: dict[str, tuple[str, Mapping[str, Any]]] = {}
    spoken: tuple[str, Mapping[str, Any]] | None = None
    for message in messages:
        text = _text(message.get("content"))
        if message["role"] == "assistant":
            for call in message.get("tool_calls") or ():
                calls[call["id"]] = call["function"]["name"], _arguments(call["function"]["arguments"])
            spoken = _spoken(text)
        elif message["role"] == "tool" and message.get("tool_call_id") in calls:
            yield Step(*calls.pop(message["tool_call_id"]), text)
        elif spoken is not None and (found := _RESULT.match(text)):
            yield Step(*spoken, found[2])
            spoken = None


def _of_events(events: Iterable[Any]) -> Iterator[Step]:
    calls: dict[int, tuple[str, Mapping[str, Any]]] = {}
    for event in events:
        if not isinstance(event, Mapping) or not event.get("tool_call_metadata"):
            continue
        if "action" in event:
            made = event["tool_call_metadata"]["model_response"]["choices"][0]["message"]["tool_calls"] or ()
            wanted = event["tool_call_metadata"]["tool_call_id"]
            for call in made:
                if call["id"] == wanted:
                    calls[event["id"]] = call["function"]["name"], _arguments(call["function"]["arguments"])
        elif event.get("cause") in calls:
            yield Step(*calls.pop(event["cause"]), event["content"] + _event_end(event))


def _event_end(event: Mapping[str, Any]) -> str:
    """Return the line that says how a command ended, which events keep apart."""
    code = (event.get("extras") or {}).get("metadata", {}).get("exit_code")
    return "" if code is None else f"\n[Command finished with exit code {code}]"


def _of_items(items: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    calls: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for item in items:
        if item.get("type") == "function_call":
            calls[item["call_id"]] = item["name"], _arguments(item["arguments"])
        elif item.get("type") == "function_call_output" and item["call_id"] in calls:
            yield Step(*calls.pop(item["call_id"]), _text(item["output"]))


def _spoken(text: str) -> tuple[str, Mapping[str, Any]] | None:
    found = _CALL.search(text)
    if found is None:
        return None
    return found[1], {match[1]: _plain(match[2].strip()) for match in _PARAMETER.finditer(found[2])}


def _plain(value: str) -> Any:
    """Read numbers and lists of numbers, which is all that the tools take beside text."""
    return json.loads(value) if re.fullmatch(r"-?\d{1,9}|\[[-\d, ]*\d\s*\]", value) else value


def _arguments(text: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _text(content: Any) -> str:
    """Return a message's text; parts of it are put together."""
    if isinstance(content, str) or content is None:
        return content or ""
    return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))

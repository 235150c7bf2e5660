"""Tool calls as text, for policies without native ones: the form that OpenHands trains open models on.

A call is ``<function=NAME>``, its parameters as ``<parameter=NAME>VALUE</parameter>`` and ``</function>``,
after the answer's reasoning. Values lose their outer whitespace. The form is that of OpenHands
(``llm/fn_call_converter.py``); what it says about itself in the system prompt is a template.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from repodojo.errors import InputError
from repodojo.json_values import json_value, parse_json
from repodojo.scaffolds.tools.schema import Tool, find_tool, properties, required

STOP = "</function"
"""Ends an answer: one call is enough."""
RESULT = "EXECUTION RESULT of [{name}]:\n{text}"
_OPENING, _CLOSING = "<function=", "</function>"
_PARAMETER, _PARAMETER_END = "<parameter=", "</parameter>"


class CallError(Exception):
    """A call is not one that can be made; the text says why, for the policy to read."""


class Call(NamedTuple):
    """A tool and what it is called with."""

    name: str
    arguments: Mapping[str, Any]


class Spoken(NamedTuple):
    """An answer taken apart; ``call`` is None where it holds none."""

    thought: str
    call: Call | None


def render_call(call: Call) -> str:
    """Write a call as text; a value of several lines stands on lines of its own."""
    lines = [f"<function={call.name}>"]
    for name, value in call.arguments.items():
        text = value if isinstance(value, str) else json.dumps(value)
        around = "\n" if isinstance(value, str) and "\n" in value else ""
        lines.append(f"<parameter={name}>{around}{text}{around}</parameter>")
    return "\n".join([*lines, "</function>"])


def render_answer(thought: str, call: Call) -> str:
    """Write an answer: its reasoning, then its call."""
    return f"{thought}\n\n{render_call(call)}".lstrip()


def render_result(name: str, text: str) -> str:
    """Write what a call gave, as the user's next message."""
    return RESULT.format(name=name, text=text)


def close_call(answer: str) -> str:
    """Put back the end of an answer's only call, which a stop text or a full answer has cut off."""
    if answer.count(_OPENING) != 1 or _CLOSING in answer.partition(_OPENING)[2]:
        return answer
    begun = next((STOP[:size] for size in range(len(STOP), 1, -1) if answer.endswith(STOP[:size])), "")
    return f"{answer.removesuffix(begun).rstrip()}\n{_CLOSING}"


def parse_answer(answer: str, tools: Sequence[Tool]) -> Spoken:
    """Read the first call out of an answer whose end is put back where it is cut.

    Raises:
        CallError: the function is unknown, or a parameter is unknown, missing or of the wrong kind.
    """
    closed = close_call(answer)
    name, body = next(_elements(closed, _OPENING, ">\n", _CLOSING), ("", ""))
    if not name:
        return Spoken(answer, None)
    found = _elements(body, _PARAMETER, ">", _PARAMETER_END)
    call = Call(name, {parameter: value.strip() for parameter, value in found})
    return Spoken(closed.partition(_OPENING)[0].strip(), validate(call, tools, from_text=True))


def _elements(text: str, opening: str, begins: str, closing: str) -> Iterator[tuple[str, str]]:
    """Yield name and body of each ``OPENING NAME> BODY CLOSING``, in time that grows with the text only.

    The first ``>`` after an opening ends its name, which is not empty, and starts ``begins``.
    """
    at, named = text.find(opening), -1
    while at >= 0:
        start = at + len(opening)
        named = named if named > start else text.find(">", start)
        next_from = start
        if named > start and text.startswith(begins, named):
            body = named + len(begins)
            end = text.find(closing, body)
            if end < 0:
                return
            yield text[start:named], text[body:end]
            next_from = end + len(closing)
        at = text.find(opening, next_from) if named >= 0 else -1


def validate(call: Call, tools: Sequence[Tool], from_text: bool) -> Call:
    """Check a call against the tools; text is turned into the numbers and lists that they take.

    Raises:
        CallError: as `parse_answer`.
    """
    tool = find_tool(tools, call.name)
    if tool is None:
        known = [each["name"] for each in tools]
        raise CallError(f"Function '{call.name}' not found in available tools: {known}")
    known_parameters = properties(tool)
    values = {}
    for name, value in call.arguments.items():
        if name not in known_parameters:
            allowed = _as_set(known_parameters)
            raise CallError(
                f"Parameter '{name}' is not allowed for function '{call.name}'. Allowed parameters: {allowed}"
            )
        values[name] = _checked(name, value, known_parameters[name], from_text)
    if missing := [name for name in required(tool) if name not in values]:
        raise CallError(f"Missing required parameters for function '{call.name}': {_as_set(missing)}")
    return Call(call.name, values)


def _checked(name: str, value: Any, schema: Mapping[str, Any], from_text: bool) -> Any:
    if from_text:
        value = _coerced(name, value, schema.get("type", "string"))
    if "enum" in schema and value not in schema["enum"]:
        raise CallError(f"Parameter '{name}' is expected to be one of {schema['enum']}.")
    return value


def _coerced(name: str, text: str, kind: str) -> Any:
    if kind not in ("integer", "array"):
        return text
    try:
        value = int(text) if kind == "integer" else json_value(parse_json(text, name), name)
    except (ValueError, InputError):
        value = None
    if isinstance(value, int if kind == "integer" else list):
        return value
    raise CallError(f"Parameter '{name}' is expected to be an {kind}.")


def _as_set(names: Sequence[str] | Mapping[str, Any]) -> str:
    return "{" + ", ".join(repr(name) for name in names) + "}"

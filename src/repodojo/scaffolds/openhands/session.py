"""One rollout of `OpenHands`: runs the calls of each answer and keeps what its loop detector compares."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from repodojo.environments.sandbox import Sandbox
from repodojo.errors import InputError
from repodojo.json_values import json_value, parse_json
from repodojo.rollouts.stuck import Event, is_stuck
from repodojo.scaffolds.scaffold import Response
from repodojo.scaffolds.tools.editor import Editor
from repodojo.scaffolds.tools.schema import Tool
from repodojo.scaffolds.tools.terminal import execute_bash
from repodojo.scaffolds.tools.text_form import (
    Call,
    CallError,
    close_call,
    parse_answer,
    render_answer,
    render_call,
    render_result,
    validate,
)
from repodojo.types import Message, ToolCall

GIVES_UP_AFTER = 2
"""User messages, the issue among them, after which a policy is told that it may give up."""
MOST_CALLS = 100
"""Calls of one answer that are run."""


class _Done(NamedTuple):
    """What a call gave."""

    text: str
    exit_code: int | None = None
    sandbox_s: float = 0.0


class OpenHandsSession:
    """A rollout's editor, events and number of user messages."""

    def __init__(
        self, tools: Sequence[Tool], native: bool, go_on: Callable[[bool], str], observation_chars: int
    ) -> None:
        self._tools = tools
        self._native = native
        self._go_on = go_on
        self._limit = observation_chars
        self._editor = Editor()
        self._events: list[Event] = []
        self._said = 1

    def prepare(self, sandbox: Sandbox) -> tuple[Message, ...]:
        """Return nothing: the opening messages are enough."""
        return ()

    def respond(self, answer: Message, sandbox: Sandbox, timeout_s: float) -> Response:
        """Run the answer's calls one after another; where it has none, send the policy on."""
        if answer.tool_calls:
            return self._respond_to_calls(answer, sandbox, timeout_s)
        if self._native:
            return self._nudge(answer.content)
        return self._respond_to_text(answer, sandbox, timeout_s)

    def stuck(self) -> str:
        """Tell whether OpenHands' detector holds the rollout for a loop."""
        return "the agent repeats itself (OpenHands' detector)" if is_stuck(self._events) else ""

    def _respond_to_text(self, answer: Message, sandbox: Sandbox, timeout_s: float) -> Response:
        try:
            thought, call = parse_answer(answer.content, self._tools)
        except CallError as error:
            kept = replace(answer, content=close_call(answer.content))
            return self._refuse(kept, str(error))
        if call is None:
            return self._nudge(answer.content)
        kept = replace(answer, content=render_answer(thought, call))
        if call.name == "finish":
            return Response(command=render_call(call), exit_status="Submitted", answer=kept)
        done = self._run(call, sandbox, timeout_s)
        message = Message("user", render_result(call.name, done.text))
        return Response((message,), render_call(call), done.exit_code, done.sandbox_s, answer=kept)

    def _respond_to_calls(self, answer: Message, sandbox: Sandbox, timeout_s: float) -> Response:
        calls, left_out = answer.tool_calls[:MOST_CALLS], len(answer.tool_calls[MOST_CALLS:])
        kept = replace(answer, tool_calls=tuple(_readable(call) for call in calls))
        messages: list[Message] = []
        asked: list[str] = []
        response = Response(answer=kept)
        for native in calls:
            try:
                call = validate(_read(native), self._tools, from_text=False)
            except CallError as error:
                done = self._fail(f"{native.name} {native.arguments}", str(error))
                response = replace(response, malformed=True)
            else:
                asked.append(render_call(call))
                if call.name == "finish":
                    response = replace(response, exit_status="Submitted")
                    break
                done = self._run(call, sandbox, timeout_s)
            seconds = response.sandbox_s + done.sandbox_s
            response = replace(response, exit_code=done.exit_code, sandbox_s=seconds)
            messages.append(Message("tool", done.text, tool_call_id=native.call_id))
        if left_out and not response.exit_status:
            told = f"{left_out} calls were left out: an answer may hold {MOST_CALLS}."
            messages.append(Message("user", told))
        return replace(response, messages=tuple(messages), command="\n".join(asked) or None)

    def _run(self, call: Call, sandbox: Sandbox, timeout_s: float) -> _Done:
        """Run a call; commands are compared by their exit codes, what an editor says by its text."""
        if call.name == "execute_bash":
            text, code, seconds = execute_bash(str(call.arguments["command"]), sandbox, timeout_s)
            compared = f"exit code {code}"
        else:
            text, code, seconds = self._editor.run(call.arguments, sandbox), None, 0.0
            compared = text
        self._events.append(Event(render_call(call), compared))
        return _Done(self._shortened(text), code, seconds)

    def _refuse(self, kept: Message, error: str) -> Response:
        done = self._fail(kept.content, error)
        return Response((Message("user", done.text),), malformed=True, answer=kept)

    def _fail(self, action: str, error: str) -> _Done:
        self._events.append(Event(action, error, failed=True))
        return _Done(f"{truncate(error, self._limit)}\n[Error occurred in processing last action]")

    def _nudge(self, said: str) -> Response:
        self._events.append(Event(said, None))
        text = self._go_on(self._said >= GIVES_UP_AFTER)
        self._said += 1
        return Response((Message("user", text),))

    def _shortened(self, text: str) -> str:
        """Shorten an observation, but not the line that says how a command ended."""
        body, line, end = text.rpartition("\n[Command finished with exit code ")
        return truncate(body, self._limit) + line + end if line else truncate(text, self._limit)


def truncate(text: str, limit: int) -> str:
    """Keep the first and the last half of what is longer than the limit (OpenHands, ``event.py``)."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... Observation truncated due to length ...]\n{text[len(text) - half :]}"


def _read(call: ToolCall) -> Call:
    """Read a native call's arguments.

    Raises:
        CallError: they are no JSON object of text that a shell and a file can hold.
    """
    try:
        arguments = json_value(parse_json(call.arguments or "{}", call.name), call.name)
    except InputError:
        arguments = None
    if not isinstance(arguments, dict):
        raise CallError(f"Failed to parse tool call arguments: {call.arguments}")
    return Call(call.name, arguments)


def _readable(call: ToolCall) -> ToolCall:
    """Put arguments that are no JSON object into one: endpoints refuse a conversation that holds others."""
    try:
        _read(call)
    except CallError:
        return replace(call, arguments=json.dumps({"arguments": call.arguments}))
    return call

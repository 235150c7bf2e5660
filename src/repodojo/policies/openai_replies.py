"""Reads replies of OpenAI's chat completions interface, as JSON."""

import json
from typing import Any

from repodojo.policies.policy import Completion
from repodojo.types import ToolCall

NO_REPLY = (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError, RecursionError)
"""What reading JSON of another shape raises, or of numbers or nesting without an end."""


def read_completion(reply: Any) -> Completion:
    """Read an answer; raises one of `NO_REPLY` where there is none."""
    choice, usage = reply["choices"][0], reply["usage"]
    reason = "length" if choice["finish_reason"] == "length" else "stop"
    text = choice["message"].get("content") or ""
    calls = tuple(
        ToolCall(str(call["id"]), str(call["function"]["name"]), _arguments(call["function"]["arguments"]))
        for call in choice["message"].get("tool_calls") or ()
    )
    return Completion(
        text=str(text),
        finish_reason=reason,
        prompt_tokens=_count(usage["prompt_tokens"]),
        completion_tokens=_count(usage["completion_tokens"]),
        tool_calls=calls,
        prompt_token_ids=tuple(map(int, reply.get("prompt_token_ids") or ())),
        completion_token_ids=tuple(map(int, choice.get("token_ids") or ())),
    )


def _arguments(given: Any) -> str:
    """Return a call's arguments as the JSON text that they should be; some endpoints send an object."""
    return given if isinstance(given, str) else json.dumps(given)


def _count(given: Any) -> int:
    count = int(given)
    if count < 0:
        raise ValueError(f"{count} tokens")
    return count


def read_likeliest(reply: Any) -> dict[str, float]:
    """Read the likeliest tokens of the answer's first place."""
    likeliest = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    return {entry["token"]: float(entry["logprob"]) for entry in likeliest}


def read_last(reply: Any) -> dict[str, float]:
    """Read the prompt's last token."""
    return {e["decoded_token"]: float(e["logprob"]) for e in reply["prompt_logprobs"][-1].values()}

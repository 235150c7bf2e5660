"""OpenHands' ``output.jsonl`` of an evaluation: one row an instance, its events as history.

Events have had three shapes: pairs of action and observation, flat ones without ``args``, and those of today,
which carry the model's own answer. Events that no model sees (state changes, recalled files) are left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from repodojo.rollouts.formats.conversation import add_calls, read_chat, read_text
from repodojo.rollouts.formats.draft import Attempt, Draft, read_outcome, read_status
from repodojo.rollouts.formats.fields import find, find_id, find_number, find_text, take, unfit
from repodojo.scaffolds.tools.text_form import render_result
from repodojo.types import Message

_UNSEEN = frozenset({"null", "recall", "agent_state_changed", "change_agent_state", "condensation"})
_TOOLS = {"run": "execute_bash", "run_ipython": "execute_ipython_cell", "edit": "str_replace_editor"}
_TOOLS |= {"read": "str_replace_editor", "write": "str_replace_editor"}
_OURS = frozenset({"thought", "is_confirmed", "confirmation_state", "keep_prompt", "security_risk", "hidden"})
_OURS |= {"blocking", "is_input", "action", "id", "timestamp", "source", "message", "cwd", "is_static"}


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one row."""
    history = [event for item in take(data, "history", list, where) for event in _flat(item)]
    error = find_text(data, where, "error")
    last = next((find(event, "action") for event in reversed(history) if find(event, "action")), None)
    return Draft(
        instance_id=_instance_id(data, where),
        messages=tuple(_read_history(history, find(data, "instruction"), where)),
        model_patch=find_text(data, where, "test_result.git_patch", "git_patch"),
        exit_status=read_status(error or ("finish" if last == "finish" else "")),
        policy=find_text(data, where, "metadata.llm_config.model"),
        scaffold="openhands",
        temperature=find_number(data, where, "metadata.llm_config.temperature"),
        error=error,
        outcome=read_outcome(data, where, "test_result.report.resolved", "report.resolved", "resolved"),
    )


def _flat(item: Any) -> Iterable[Any]:
    return item if isinstance(item, list) else [item]


def _instance_id(data: Mapping[str, Any], where: str) -> str:
    """Return the instance's name; OpenHands' issue resolver names an issue instead."""
    if "issue" in data and "instance_id" not in data:
        owner, repo = take(data, "issue.owner", str, where), take(data, "issue.repo", str, where)
        return f"{owner}__{repo}-{take(data, 'issue.number', int, where)}"
    return take(data, "instance_id", str, where)


def _read_history(events: list[Any], instruction: Any, where: str) -> Iterable[Message]:
    names: dict[str, str] = {}
    for position, event in enumerate(events, start=1):
        place = f"{where}, event {position}"
        action = find_text(event, place, "action")
        kind = action or find_text(event, place, "observation")
        if not kind:
            raise unfit(place, ("action",), "an action or an observation", event)
        if kind in _UNSEEN or (kind == "finish" and _says_nothing(event)):
            continue
        if action:
            names[find_id(event, place, "id")] = kind
            yield _read_action(event, kind, instruction, place)
        else:
            cause = find_id(event, place, "cause")
            name = find_text(event, place, "tool_call_metadata.function_name") or names.get(cause, kind)
            text = read_text(event.get("content"), f"{place}: field 'content'")
            yield Message("user", render_result(_TOOLS.get(name, name), text))


def _says_nothing(event: Mapping[str, Any]) -> bool:
    return not find(event, "args", "thought", "tool_call_metadata")


def _read_action(event: Mapping[str, Any], kind: str, instruction: Any, where: str) -> Message:
    answer = find(event, "tool_call_metadata.model_response.choices")
    if isinstance(answer, list) and answer and find(answer[0], "message.role"):
        return read_chat([answer[0]["message"]], where)[0]
    arguments = event["args"] if isinstance(event.get("args"), Mapping) else event
    if kind in ("message", "system"):
        text = read_text(find(arguments, "content") or event.get("message"), f"{where}: field 'content'")
        if kind == "system":
            return Message("system", text)
        from_user = event.get("source") == "user" or (event.get("source") is None and text == instruction)
        return Message("user" if from_user else "assistant", text)
    values = {key: value for key, value in arguments.items() if key not in _OURS and value is not None}
    return Message(
        "assistant", add_calls(find_text(arguments, where, "thought"), [(_TOOLS.get(kind, kind), values)])
    )


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one row; every message is an event of kind ``message``."""
    trajectory = attempt.trajectory
    result: dict[str, Any] = {"git_patch": trajectory.model_patch}
    if attempt.resolved_field:
        result["report"] = {"empty_generation": not trajectory.model_patch, **attempt.resolved_field}
    ended = trajectory.exit_status == "Submitted"
    return {
        "instance_id": trajectory.instance_id,
        "test_result": result,
        "instruction": next((m.content for m in trajectory.messages if m.role == "user"), ""),
        "metadata": {
            "agent_class": trajectory.scaffold,
            "llm_config": {"model": trajectory.policy, "temperature": trajectory.temperature},
        },
        "history": [_event(place, message) for place, message in enumerate(trajectory.messages)]
        + ([{"source": "agent", "action": "finish", "args": {}}] if ended else []),
        "metrics": {"accumulated_cost": 0.0},
        "error": None if ended else f"{trajectory.exit_status}: {trajectory.error}".removesuffix(": "),
    }


def _event(place: int, message: Message) -> dict[str, Any]:
    kind = "system" if message.role == "system" else "message"
    source = "user" if message.role == "user" else "agent"
    return {"id": place, "source": source, "action": kind, "args": {"content": message.content}}

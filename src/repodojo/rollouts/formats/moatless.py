"""MoatlessTools 0.0.x: ``steps`` of the first releases and ``transitions`` of a state machine.

Each call of its model has a prompt of its own, which is not saved; the conversation here is the issue, then
each action as the answer and its outcome as the next message.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from repodojo.errors import InputError
from repodojo.rollouts.formats.draft import Attempt, Draft, read_outcome, read_status
from repodojo.rollouts.formats.fields import find, find_number, find_text, take, unfit
from repodojo.types import Message


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one run of either release."""
    places = ("initial_message", "input.problem_statement")
    issue = find(data, *places)
    if not isinstance(issue, str):
        raise unfit(where, places, "text", issue)
    steps = take(data, "transitions" if "transitions" in data else "steps", list, where)
    patch = find_text(data, where, "info.submission", "output.submission")
    status = find_text(data, where, "info.status") or ("finished" if patch else "")
    return Draft(
        instance_id=find_text(data, where, "instance_id") or take(data, "info.instance_id", str, where),
        messages=(Message("user", issue), *_read_steps(steps, where)),
        model_patch=patch,
        exit_status=read_status(status),
        policy=find_text(data, where, "info.model") or _model(steps, where),
        scaffold="moatless",
        temperature=find_number(steps[0], where, "state.temperature") if steps else 0.0,
        error=find_text(data, where, "info.error"),
        duration_s=find_number(data, where, "info.duration"),
        outcome=read_outcome(data, where, "info.resolved"),
    )


def _model(steps: list[Any], where: str) -> str:
    return next((model for step in steps if (model := find_text(step, where, "state.model"))), "")


def _read_steps(steps: list[Any], where: str) -> Iterable[Message]:
    for number_, step in enumerate(steps, start=1):
        place = f"{where}, step {number_}"
        for action in take(step, "actions", list, place):
            asked = find(action, "action", "input")
            if asked is None:
                raise unfit(place, ("actions",), "an action or an input", action)
            yield Message("assistant", _shown(asked))
            outcome = {
                key: action[key]
                for key in ("output", "trigger", "retry_message", "message")
                if action.get(key) is not None
            }
            if outcome:
                yield Message(
                    "user", _shown(outcome.get("output", outcome) if len(outcome) == 1 else outcome)
                )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one run; the first user message is the issue, every answer a transition.

    Raises:
        InputError: the conversation holds what a run of Moatless cannot.
    """
    trajectory = attempt.trajectory
    asked = [message for message in trajectory.messages if message.role != "system"]
    if not asked or asked[0].role != "user":
        raise InputError(
            f"{trajectory.rollout_id}: moatless: expected a conversation that starts with the issue"
        )
    info: dict[str, Any] = {
        "instance_id": trajectory.instance_id,
        "status": "finished" if trajectory.exit_status == "Submitted" else trajectory.exit_status,
        "submission": trajectory.model_patch,
        "duration": trajectory.duration_s,
        "model": trajectory.policy,
        "error": trajectory.error,
        **attempt.resolved_field,
    }
    return {
        "name": "AgenticLoop",
        "initial_message": asked[0].content,
        "transitions": _transitions(asked[1:], trajectory.temperature, trajectory.rollout_id),
        "info": info,
    }


def _transitions(messages: list[Message], temperature: float, where: str) -> list[dict[str, Any]]:
    transitions: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "assistant":
            state = {"temperature": temperature}
            transitions.append({"name": "Turn", "state": state, "actions": [{"action": message.content}]})
        elif not transitions or "output" in transitions[-1]["actions"][0]:
            raise InputError(f"{where}: moatless: expected each message of the user after an answer")
        else:
            transitions[-1]["actions"][0]["output"] = message.content
    return transitions

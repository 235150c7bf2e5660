"""Harbor's Agent Trajectory Interchange Format (``ATIF-v1.x``), one file a run.

The format holds no patch and no verdict; both travel in ``extra``, which it leaves to its users. A step's
observation answers its tool calls.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from repodojo.errors import InputError
from repodojo.rollouts.formats.conversation import add_calls, find_command, read_text
from repodojo.rollouts.formats.draft import Attempt, Draft, read_outcome, read_status
from repodojo.rollouts.formats.fields import find_id, find_number, find_objects, find_text, take, unfit
from repodojo.scaffolds.tools.text_form import render_result
from repodojo.types import Message, Role, Turn

VERSION = "ATIF-v1.4"
_ROLES: Mapping[str, Role] = {"system": "system", "user": "user", "agent": "assistant"}


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one run."""
    version = take(data, "schema_version", str, where)
    if not version.startswith("ATIF-v1."):
        raise InputError(f"{where}: field 'schema_version': expected ATIF-v1.x, found {version!r}")
    steps = take(data, "steps", list, where)
    places = [f"{where}, step {position}" for position in range(1, len(steps) + 1)]
    read = [tuple(_read_step(step, place)) for step, place in zip(steps, places, strict=True)]
    return Draft(
        instance_id=find_text(data, where, "extra.instance_id") or take(data, "instance_id", str, where),
        messages=tuple(message for found in read for message in found),
        model_patch=find_text(data, where, "extra.model_patch"),
        exit_status=read_status(find_text(data, where, "extra.exit_status")),
        policy=find_text(data, where, "agent.model_name"),
        scaffold=take(data, "agent.name", str, where),
        temperature=find_number(data, where, "extra.temperature"),
        error=find_text(data, where, "extra.error"),
        outcome=read_outcome(data, where, "extra.resolved"),
        turns=tuple(
            _turn(step, found[0].content, place)
            for step, found, place in zip(steps, read, places, strict=True)
            if step["source"] == "agent"
        ),
    )


def _read_step(step: Any, where: str) -> Iterable[Message]:
    source = take(step, "source", str, where)
    if source not in _ROLES:
        raise unfit(where, ("source",), f"one of {', '.join(_ROLES)}", source)
    calls = find_objects(step, where, "tool_calls")
    asked = [
        (take(call, "function_name", str, where), take(call, "arguments", dict, where)) for call in calls
    ]
    text = read_text(step.get("message"), f"{where}: field 'message'")
    yield Message(_ROLES[source], add_calls(text, asked) if asked else text)
    names = {find_id(call, where, "tool_call_id"): call["function_name"] for call in calls}
    for result in find_objects(step, where, "observation.results"):
        name = names.get(find_id(result, where, "source_call_id"))
        content = read_text(result.get("content"), f"{where}: field 'observation.results'")
        yield Message("user", content if name is None else render_result(name, content))


def _turn(step: Mapping[str, Any], answer: str, where: str) -> Turn:
    prompt, completion = (
        int(find_number(step, where, f"metrics.{kind}_tokens")) for kind in ("prompt", "completion")
    )
    return Turn(find_command(answer), None, prompt, completion, "", 0.0, 0.0)


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one run; a message of the user after an answer is that step's observation."""
    trajectory = attempt.trajectory
    extra: dict[str, Any] = {
        "instance_id": trajectory.instance_id,
        "model_patch": trajectory.model_patch,
        "exit_status": trajectory.exit_status,
        "temperature": trajectory.temperature,
        "error": trajectory.error,
        **attempt.resolved_field,
    }
    return {
        "schema_version": VERSION,
        "session_id": trajectory.rollout_id,
        "agent": {
            "name": trajectory.scaffold,
            "version": str(trajectory.schema_version),
            "model_name": trajectory.policy,
        },
        "steps": _steps(trajectory.messages, trajectory.turns),
        "final_metrics": {
            "total_prompt_tokens": sum(turn.prompt_tokens for turn in trajectory.turns),
            "total_completion_tokens": sum(turn.completion_tokens for turn in trajectory.turns),
        },
        "extra": extra,
    }


def _steps(messages: tuple[Message, ...], turns: tuple[Turn, ...]) -> list[dict[str, Any]]:
    sources = {role: source for source, role in _ROLES.items()}
    steps: list[dict[str, Any]] = []
    left = list(turns)
    for message in messages:
        if message.role == "user" and steps and steps[-1]["source"] == "agent":
            steps[-1].setdefault("observation", {"results": []})["results"].append(
                {"content": message.content}
            )
            continue
        step = {"step_id": len(steps) + 1, "source": sources[message.role], "message": message.content}
        if message.role == "assistant" and left:
            turn = left.pop(0)
            tokens = {"prompt_tokens": turn.prompt_tokens, "completion_tokens": turn.completion_tokens}
            step["metrics"] = tokens
        steps.append(step)
    return steps

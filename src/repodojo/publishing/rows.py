"""Records as rows of SWE-Gym's published columns.

Columns of SWE-Gym/SWE-Gym, OpenHands-Sampled-Trajectories, OpenHands-SFT-Trajectories and
OpenHands-Verifier-Trajectories on the Hugging Face hub; what those sets call a column, these do too.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from repodojo.types import Instance, Message, Trajectory, Verdict, to_json

INSTANCE_COLUMNS = (
    *("instance_id", "hints_text", "patch", "test_patch", "created_at", "problem_statement", "repo"),
    *("base_commit", "version", "PASS_TO_PASS", "FAIL_TO_PASS"),
)

_POSITIVE = re.compile(r"\b(?:YES|True)\b")


def instance_row(instance: Instance) -> dict[str, Any]:
    """Return an instance in the columns of SWE-Gym/SWE-Gym."""
    found = to_json(instance)
    return {name: found[name] for name in INSTANCE_COLUMNS}


def trajectory_rows(
    trajectories: Mapping[str, Trajectory], verdicts: Mapping[str, Verdict]
) -> Iterator[dict[str, Any]]:
    """Yield attempts in the columns of OpenHands-Sampled-Trajectories, by rollout id.

    ``instance_id`` carries the attempt as a suffix, as it does there; ``resolved`` is None where the attempt
    was not measured.
    """
    for key, trajectory in sorted(trajectories.items()):
        verdict = verdicts.get(key)
        measured = verdict is not None and verdict.outcome != "not_measured"
        resolved = verdict.resolved if verdict is not None and measured else None
        cause = verdict.cause if verdict is not None else ""
        yield {
            "instance_id": f"{trajectory.instance_id}_{trajectory.attempt}",
            "run_id": _run_id(trajectory),
            "resolved": resolved,
            "messages": [_chat_message(message) for message in trajectory.messages],
            "tools": [_tool(tool) for tool in trajectory.tools],
            "test_result": {
                "git_patch": trajectory.model_patch,
                "report": {
                    "empty_generation": not trajectory.model_patch.strip(),
                    "resolved": resolved,
                    "failed_apply_patch": cause == "patch_does_not_apply",
                    "error_eval": not measured,
                    "test_timeout": cause == "timeout",
                },
            },
        }


def conversation_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a training row in the column of OpenHands-SFT-Trajectories."""
    return {"messages": _turns(row["messages"])}


def verifier_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a verifier's training row in the columns of OpenHands-Verifier-Trajectories.

    The label is what the row's last message, the answer, says: YES or True.
    """
    messages = _turns(row["messages"])
    return {"messages": messages, "resolved": bool(_POSITIVE.search(messages[-1]["content"]))}


def _run_id(trajectory: Trajectory) -> str:
    return (
        f"{trajectory.policy}_{trajectory.scaffold}_t{trajectory.temperature:g}-run_{trajectory.attempt + 1}"
    )


def _chat_message(message: Message) -> dict[str, Any]:
    calls = [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    return {
        "content": message.content,
        "role": message.role,
        "function_call": None,
        "name": None,
        "tool_call_id": message.tool_call_id or None,
        "tool_calls": calls or None,
    }


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return an offered function, its parameters' schema as JSON text: schemas share no columns."""
    function = tool.get("function", {})
    described = {key: function.get(key, "") for key in ("name", "description")}
    return {
        "type": tool.get("type", "function"),
        "function": described | {"parameters": json.dumps(function.get("parameters", {}))},
    }


def _turns(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"role": message["role"], "content": message["content"]} for message in messages]

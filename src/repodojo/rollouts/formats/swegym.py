"""SWE-Gym's published columns: ``OpenHands-Sampled-Trajectories`` and ``OpenHands-SFT-Trajectories``.

The first has an instance's name with ``_0`` after it, a flag and the patch; the second only conversations,
all of them successes. There an instance is named after the repository in its first user message and a digest
of that message, so that attempts at one issue share a name.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from repodojo.errors import InputError
from repodojo.rollouts.formats.conversation import read_chat, read_native
from repodojo.rollouts.formats.draft import Attempt, Draft, end_of, read_outcome
from repodojo.rollouts.formats.fields import find_text, take
from repodojo.rollouts.formats.tools import read_tools
from repodojo.types import Message, to_json

_SUFFIX = re.compile(r"(?<=\d)_\d+$")
_WORKSPACE = re.compile(r"/workspace/([\w.-]+)(?=[\s<]|$)", re.MULTILINE)


def parse_sampled(data: Mapping[str, Any], where: str) -> Draft:
    """Read one row of the sampled trajectories."""
    outcome = read_outcome(data, where, "resolved", "test_result.report.resolved")
    if outcome is None:
        raise InputError(f"{where}: field 'resolved': expected true or false, found nothing")
    tools = read_tools(data, where, "tools")
    messages = (read_native if tools else read_chat)(take(data, "messages", list, where), where)
    return Draft(
        instance_id=_SUFFIX.sub("", take(data, "instance_id", str, where)),
        messages=messages,
        model_patch=find_text(data, where, "test_result.git_patch"),
        exit_status=end_of(messages),
        policy=find_text(data, where, "run_id"),
        scaffold="openhands",
        outcome=outcome,
        tools=tools,
    )


def parse_sft(data: Mapping[str, Any], where: str) -> Draft:
    """Read one row of the successes."""
    messages = read_chat(take(data, "messages", list, where), where)
    name = find_text(data, where, "instance_id")
    return Draft(
        instance_id=_SUFFIX.sub("", name) or _name(messages, where),
        messages=messages,
        model_patch="",
        exit_status=end_of(messages),
        scaffold="openhands",
        outcome="resolved",
    )


def build_sampled(attempt: Attempt) -> dict[str, Any]:
    """Return one row of the sampled trajectories.

    Raises:
        InputError: it has no verdict, which this set has of every row.
    """
    trajectory = attempt.trajectory
    if not attempt.resolved_field:
        raise InputError(f"{trajectory.rollout_id}: swegym_sampled: expected a verdict, found none")
    return {
        "instance_id": f"{trajectory.instance_id}_{trajectory.attempt}",
        "run_id": trajectory.policy,
        **attempt.resolved_field,
        "messages": [to_json(message) for message in trajectory.messages],
        "tools": [],
        "test_result": {
            "git_patch": trajectory.model_patch,
            "report": {"empty_generation": not trajectory.model_patch, **attempt.resolved_field},
        },
    }


def build_sft(attempt: Attempt) -> dict[str, Any]:
    """Return one row of successes.

    Raises:
        InputError: it is no success.
    """
    trajectory = attempt.trajectory
    if attempt.resolved_field != {"resolved": True}:
        raise InputError(f"{trajectory.rollout_id}: swegym_sft: expected a resolved trajectory")
    messages = [to_json(message) for message in trajectory.messages]
    return {"messages": messages, "instance_id": trajectory.instance_id}


def _name(messages: tuple[Message, ...], where: str) -> str:
    first = next((message.content for message in messages if message.role == "user"), "")
    folders = (found[1].split("__") for found in _WORKSPACE.finditer(first))
    parts = next((parts for parts in folders if len(parts) > 1 and parts[0] and parts[1]), None)
    if parts is None:
        raise InputError(
            f"{where}: field 'messages': expected /workspace/owner__repo in the first user message, "
            f"or a field 'instance_id', found {first[:80]!r}"
        )
    return f"{parts[0]}__{parts[1]}-{hashlib.sha256(first.encode()).hexdigest()[:12]}"

"""Our own records as JSON: a trajectory, with its verdict beside its fields where there is one."""

from collections.abc import Mapping
from typing import Any

from repodojo.rollouts.formats.conversation import check_calls
from repodojo.rollouts.formats.draft import Attempt
from repodojo.rollouts.formats.fields import find, take, unfit
from repodojo.rollouts.formats.tools import check_tools
from repodojo.rollouts.plan import rollout_id
from repodojo.types import Trajectory, Verdict, from_json, to_json


def parse(data: Mapping[str, Any], where: str) -> Attempt:
    """Read one record."""
    fields = {name: value for name, value in data.items() if name != "verdict"}
    trajectory = from_json(Trajectory, fields, where)
    name = rollout_id(trajectory.instance_id, trajectory.attempt)
    if trajectory.rollout_id != name:
        raise unfit(where, ("rollout_id",), repr(name), trajectory.rollout_id)
    check_tools(trajectory.tools, f"{where}: field 'tools'")
    for number, message in enumerate(trajectory.messages, start=1):
        check_calls(message, f"{where}, message {number}")
    if find(data, "verdict") is None:
        return Attempt(trajectory)
    verdict = from_json(Verdict, take(data, "verdict", dict, where), f"{where}: verdict")
    if verdict.rollout_id != name:
        raise unfit(where, ("verdict.rollout_id",), repr(name), verdict.rollout_id)
    return Attempt(trajectory, verdict)


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one record."""
    beside = {} if attempt.verdict is None else {"verdict": to_json(attempt.verdict)}
    return {**to_json(attempt.trajectory), **beside}

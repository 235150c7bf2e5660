"""Our own records as JSON: a trajectory, with its verdict beside its fields where there is one."""

from collections.abc import Mapping
from typing import Any

from repodojo.rollouts.formats.draft import Attempt
from repodojo.types import Trajectory, Verdict, from_json, to_json


def parse(data: Mapping[str, Any], where: str) -> Attempt:
    """Read one record."""
    fields = dict(data)
    verdict = fields.pop("verdict", None)
    trajectory = from_json(Trajectory, fields, where)
    return Attempt(trajectory, None if verdict is None else from_json(Verdict, verdict, f"{where}: verdict"))


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one record."""
    beside = {} if attempt.verdict is None else {"verdict": to_json(attempt.verdict)}
    return {**to_json(attempt.trajectory), **beside}

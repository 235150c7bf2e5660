"""SWE-bench's predictions, ``preds.json`` or ``.jsonl``: a patch and a name; no conversation."""

from collections.abc import Mapping
from typing import Any

from repodojo.rollouts.formats.draft import Attempt, Draft
from repodojo.rollouts.formats.fields import find_text, take


def parse(data: Mapping[str, Any], where: str) -> Draft:
    """Read one prediction; a patch that is null is an empty one."""
    patch = "" if data.get("model_patch", "") is None else take(data, "model_patch", str, where)
    name = take(data, "instance_id", str, where)
    return Draft(name, (), patch, "Submitted", policy=find_text(data, where, "model_name_or_path"))


def build(attempt: Attempt) -> dict[str, Any]:
    """Return one prediction."""
    trajectory = attempt.trajectory
    return {
        "instance_id": trajectory.instance_id,
        "model_name_or_path": trajectory.policy,
        "model_patch": trajectory.model_patch,
    }

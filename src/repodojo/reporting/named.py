"""What the modules of headline numbers share."""

from collections.abc import Iterator, Mapping
from typing import Any

from repodojo.reporting.summary import Number
from repodojo.reporting.text import why

POLICIES = {"zero_shot": "zero-shot", "control": "control", "fine_tuned": "fine-tuned"}

Results = Mapping[str, Any]
Named = Iterator[tuple[str, Number]]


def command(pipeline: str) -> str:
    """Return what runs a pipeline."""
    return f"kedro run --pipeline={pipeline}"


def interval(estimate: Results) -> dict[str, Any]:
    """Return the value and the ends of its interval, or why there are none."""
    return {key: estimate[key] for key in ("value", "low", "high")} | {"reason": why(estimate)}


def named(name: str, label: str, repo: str) -> tuple[str, str]:
    """Return the name and the words of a number, for all instances or for one repository's."""
    return (f"projects.{repo}.{name}", f"{label} on {repo}") if repo else (name, label)

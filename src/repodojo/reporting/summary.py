"""The summary: every headline number with its interval, what it rests on, and where it came from.

Its schema is `Summary`; the same as JSON Schema stands beside it as ``summary_schema.json``.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

SUMMARY_SCHEMA_VERSION = 1


class Number(BaseModel):
    """One number."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    label: str
    """What it is, in words."""
    value: float | None
    """Shares lie in [0, 1]; None is undefined."""
    low: float | None = None
    """Lower end of the 95 % interval; None where there is none (counts) or it is undefined."""
    high: float | None = None
    """Upper end of the 95 % interval."""
    n: int
    """How many it rests on."""
    of: Literal["instances", "rollouts", "projects", "trajectories"]
    """What ``n`` counts; intervals of numbers over rollouts are clustered by instance."""
    unit: Literal["count", "share", "difference of shares", "turns"]
    not_measured: int | None = None
    """Attempts that failed for infrastructure reasons; in ``n``, counted as unresolved."""
    lower_bound: float | None = None
    """The value if every such attempt counts against it."""
    upper_bound: float | None = None
    """The value if every such attempt counts for it."""
    reason: str = ""
    """Why the value is undefined; empty where it is not."""
    dataset: str
    """The catalog entry that it was computed from."""
    command: str
    """What computes that entry again."""


class Summary(BaseModel):
    """What one run found."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    schema_version: int = SUMMARY_SCHEMA_VERSION
    numbers: dict[str, Number]
    """By name: ``<policy>.<what>``, ``scaling.<what>``, and the same behind ``projects.<repository>.``."""
    seconds: dict[str, dict[str, float]]
    """For each pipeline: ``last_s`` of the latest run, ``work_s`` when its results were really made."""
    seeds: dict[str, int]
    """By parameters key."""
    versions: dict[str, str]
    """Of Python and of the packages that results depend on."""

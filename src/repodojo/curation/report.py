"""What curation removed, step by step, and what is left."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from repodojo.types import SCHEMA_VERSION


@dataclass(frozen=True)
class Step:
    """One step of curation."""

    name: str
    before: int
    after: int
    removed: Mapping[str, int]
    """Trajectories removed, by reason."""


@dataclass(frozen=True)
class CurationReport:
    """How the trajectories of a training set were chosen."""

    asked: int
    """Trajectories that came in."""
    instances_asked: int
    steps: tuple[Step, ...]
    chosen: int
    """Trajectories in the training set."""
    instances_chosen: int
    control: int
    """Unresolved trajectories in the control set."""
    control_matched: int
    """Those of them that stand for a chosen trajectory of the same instance."""
    repos: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For each repository: resolved, chosen and control trajectories."""
    flags: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For each flag of the process: resolved and chosen trajectories that have it."""
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True)
class Note:
    """One thing found about one trajectory, whether it was removed for it or not."""

    rollout_id: str
    instance_id: str
    step: str
    reason: str
    removed: bool
    detail: str = ""
    """What was seen: the trajectory that it repeats, the command, the rate."""
    schema_version: int = SCHEMA_VERSION

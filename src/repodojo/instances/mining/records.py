"""What became of a row of a clone."""

from dataclasses import dataclass

from repodojo.environments.recipes.environment_records import SANDBOX
from repodojo.types import SCHEMA_VERSION, Instance


class Rejected(Exception):
    """A row is no instance: the stage, and ``reason`` or ``reason: detail``."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


@dataclass(frozen=True)
class MinedValidation:
    """What became of a row."""

    candidate_id: str
    repo: str
    environment: str
    stage: str
    """Where it ended: ``environment``, ``prepare``, ``first_runs``, ``published``, ``repeats``, ``grade`` or
    ``valid``."""
    reason: str
    """Why it is no instance; empty where it is one."""
    instance: Instance | None = None
    repeats: int = 0
    """Runs with and without the gold patch that agree; the last one with it is the grader's."""
    quarantined: tuple[str, ...] = ()
    """Tests left out because they vary between repeats, with the order, or before the grader."""
    test_s: float = 0.0
    """Seconds of tests, and of the sandbox that the grader starts."""
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION


def summarise(validation: MinedValidation) -> dict[str, int]:
    """Count for the live bar; what a sandbox failed to measure is owed again."""
    failed = validation.reason.startswith(f"{SANDBOX}: ")
    return {"valid": int(validation.instance is not None), "infrastructure_failures": int(failed)}

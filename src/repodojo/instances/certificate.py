"""What is known of an instance beyond the rule that made it one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from repodojo.types import SCHEMA_VERSION


@dataclass(frozen=True)
class Certificate:
    """The evidence that an instance measures what it should; machine-readable."""

    instance_id: str
    environment_digest: str
    grader_version: int
    nop: tuple[str, ...]
    """Outcome of each repeat without a repair; ``unresolved`` is right."""
    oracle: tuple[str, ...]
    """Outcome of each repeat with the gold patch; ``resolved`` is right."""
    unsteady: tuple[str, ...]
    """FAIL_TO_PASS and PASS_TO_PASS ids that a repeat gave another status."""
    forgeries: Mapping[str, str]
    """Outcome by attack on the grader; none may be ``resolved``."""
    leaks: tuple[str, ...]
    """Where the repair or a hidden test could be found in the sandbox."""
    mutants: int
    """Other bugs put into the functions around the repair."""
    survivors: tuple[str, ...]
    """Those that FAIL_TO_PASS and PASS_TO_PASS do not notice: kind, path and line."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """What every run had: the variables of its commands (hash seed, time zone, ...), the backend and what it
    stands on, the seed that shuffled the last repeats."""
    unexamined: str = ""
    """Why there are no mutants, or neither attacks nor mutants; empty where there are."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By phase; not part of any result."""
    schema_version: int = SCHEMA_VERSION

    @property
    def kill_score(self) -> float | None:
        """Share of the mutants that the tests notice; None without any."""
        return 1 - len(self.survivors) / self.mutants if self.mutants else None

    @property
    def holds(self) -> bool:
        """Whether every repeat is right, no attack succeeded and nothing leaks."""
        return (
            set(self.nop) == {"unresolved"}
            and set(self.oracle) == {"resolved"}
            and "resolved" not in self.forgeries.values()
            and not (self.unsteady or self.leaks)
        )


def summarise(certificate: Certificate) -> dict[str, int]:
    """Count for the live bar."""
    return {"hold": int(certificate.holds)}

"""What building an environment leaves: the environment, how its tests run, and calls worth repeating."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from repodojo.types import SCHEMA_VERSION, Environment


@dataclass(frozen=True)
class RecordedCall:
    """A call seen while the tests ran, whose repetition in fresh processes always shows the same."""

    module: str
    name: str
    """What to import from the module."""
    expression: str
    path: str
    """The module of the function called, relative to the project."""
    function: str
    """``name`` or ``Class.name``."""
    shown: str
    """What printing the ``repr`` of the expression shows, or the last line of its traceback."""
    raised: bool
    """Whether it ends in an exception."""
    lines: Mapping[str, str]
    """Lines that the call executes, as ranges, by module."""


@dataclass(frozen=True)
class BuildReport:
    """Figures of one build."""

    tests: int
    """Tests that pass in both pristine runs, and are the same in both watched ones."""
    quarantined: tuple[str, ...]
    """Tests that fail, are skipped, or differ between runs: in status, in id or in what a case executes."""
    functions_called: int
    calls_seen: int
    calls_kept: int
    lines_covered: int
    bytes: int
    """Of the project's files."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By phase; not part of any result."""


@dataclass(frozen=True)
class EnvironmentBuild:
    """A built environment with everything that injection and validation need to know."""

    environment: Environment
    slug: str
    """``owner__repo``."""
    sources: Mapping[str, str]
    """Text of the project's modules that its tests execute, by path."""
    coverage: Mapping[str, Mapping[str, str]]
    """Lines, as ranges, by module, by stable test id."""
    calls: tuple[RecordedCall, ...]
    report: BuildReport
    schema_version: int = SCHEMA_VERSION

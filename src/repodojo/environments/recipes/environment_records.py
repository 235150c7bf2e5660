"""What an environment of a clone is asked to be, what was tried, and what was built."""

from dataclasses import dataclass, field
from datetime import datetime

from repodojo.types import SCHEMA_VERSION


@dataclass(frozen=True)
class Wanted:
    """A repository at a commit, to be made executable."""

    name: str
    """Of the environment."""
    repo: str
    version: str
    """The newest release that the commit comes after, or empty."""
    date: datetime
    """Of the commit; nothing installed is newer."""
    test_files: tuple[str, ...]
    """Run to see whether a recipe works."""
    additions: tuple[str, ...] = ()
    """Requirements of the changes that are to be proven in it."""


NETWORK, SANDBOX = "network", "sandbox"
"""First words of reasons that say nothing of a repository."""


@dataclass(frozen=True)
class Attempt:
    """One recipe that was tried, and what came of it."""

    python: str
    found_by: str
    stage: str
    """``system``, ``build``, ``resolve``, ``install``, ``tests`` or ``proposal``: where it ended."""
    reason: str
    """Empty where it works."""
    passed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class CloneEnvironment:
    """An environment that was built, or why none could be."""

    name: str
    repo: str
    version: str
    date: str
    attempts: tuple[Attempt, ...]
    faults: tuple[str, ...] = ()
    """Files that declare what is needed and cannot be read, and why."""
    recipe: dict[str, object] = field(default_factory=dict)
    """The recipe that works best; empty where none does."""
    python: str = ""
    """Full version."""
    pins: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    """Packages without a wheel of the commit's time, taken as they are today."""
    system_packages: tuple[str, ...] = ()
    """Each ``name=version``."""
    digest: str = ""
    """Of interpreter, pins, system packages, the recipe's own commands, and how tests are run."""
    packages: str = ""
    """Folder, relative to the environments' root."""
    bytes: int = 0
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION

    @property
    def unreached(self) -> bool:
        """Whether it failed for want of the network or of a sandbox, which says nothing of the repository."""
        passing = (f"{NETWORK}: ", f"{SANDBOX}: ")
        return not self.works and any(each.reason.startswith(passing) for each in self.attempts)

    @property
    def lacks_packages(self) -> bool:
        """Whether it failed and asks for system packages that were not there."""
        return not self.works and any(each.stage == "system" for each in self.attempts)

    @property
    def works(self) -> bool:
        """Whether tests run in it."""
        return bool(self.recipe)

    def identity(self) -> dict[str, str]:
        """Return what decides the results that come of it: not how it was found, nor how long that took."""
        failure = "" if self.works else self.failure
        known = {"name": self.name, "version": self.version, "date": self.date, "packages": self.packages}
        return {**known, "digest": self.digest, "failure": failure}

    @property
    def failure(self) -> str:
        """Why no recipe works: what the last one ended with, and what its makers could not read."""
        last = self.attempts[-1].reason if self.attempts else "no interpreter fits"
        system = (each.reason for each in self.attempts if each.stage == "system")
        told = "; ".join(dict.fromkeys([last, *system]))
        return "; not read: ".join([told, *self.faults])


def summarise(environment: CloneEnvironment) -> dict[str, int]:
    """Count for the live bar; what was not reached is owed again."""
    return {"built": int(environment.works), "infrastructure_failures": int(environment.unreached)}

"""What decides which bugs are injected and which of the proven ones become instances."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from repodojo.environments.projects import Pin, Project
from repodojo.instances.decontamination import TRAITS, Trait
from repodojo.instances.mining.settings import MiningSettings
from repodojo.types import Seed, Split

Mode = Literal["combined", "removed_function", "reversed_fix"]
Count = Annotated[int, Field(ge=0)]
OfSplits = Mapping[Split, Count]
"""Of a split that is not named, none."""


class InjectionSettings(BaseModel):
    """Which bugs are proposed, and what a proven one must be like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Seed = 0
    per_function: int = Field(6, ge=1)
    """The most bugs proposed for one function."""
    candidates_per_project: OfSplits
    """The most bugs proposed for one project."""
    modes: Mapping[Mode, Count] = {}
    """The most bugs of other makes proposed for one project beside these: two bugs in one function, a
    function without its body, a fix of `past_fixes` taken back; none of a make that is not named."""
    most_tests: int = Field(800, ge=1)
    """A bug whose test files hold more tests than this is not proposed (grading would be slow)."""
    most_failures: int = Field(60, ge=1)
    """More FAIL_TO_PASS tests than this and the bug is not a single fault any more."""
    calls_per_candidate: int = Field(40, ge=1)
    """Recorded calls repeated in search of a symptom."""


class SelectionSettings(BaseModel):
    """How many of the proven bugs become instances."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Seed = 0
    per_project: OfSplits
    """The most instances of one project."""
    per_function: int = Field(3, ge=1)
    """The most instances in one function."""
    at_least: OfSplits
    """Fewer than this is an error."""
    decontaminate_by: tuple[Trait, ...] = TRAITS
    """What an instance must not share with `evaluation_rows`."""
    issue_similarity: float = Field(0.5, gt=0, le=1)
    """Issues whose runs of five words are at least so alike (Jaccard) are the same."""


class CertificationSettings(BaseModel):
    """How thoroughly instances are examined; one certificate takes 2 ``repeats`` + ``mutants`` + 7 runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: Seed = 0
    per_project: int | None = Field(0, ge=0)
    """The first so many instances of each repository, by id; none unless asked for, and null takes all."""
    repeats: int = Field(3, ge=1)
    """Runs without a repair, and as many with the gold patch; the last of each in another order, and without
    programs that not every machine has."""
    mutants: int = Field(5, ge=0)
    """Other bugs put into the repaired functions, one at a time."""
    timeout_s: float = Field(180.0, gt=0)


class EnvBuildSettings(BaseModel):
    """The key ``env_build``: projects and packages, injection, selection, certification; mining of clones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    packages: tuple[Pin, ...]
    """Pinned packages that every project's tests run with."""
    projects: tuple[Project, ...]
    injection: InjectionSettings
    selection: SelectionSettings
    mining: MiningSettings = MiningSettings()
    certification: CertificationSettings = CertificationSettings()

    @model_validator(mode="after")
    def _projects_differ(self) -> Self:
        names = [project.environment for project in self.projects]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"projects: expected each version once, found more of {', '.join(twice)}")
        return self

"""What decides which bugs are injected and which of the proven ones become instances."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from repodojo.environments.projects import Project
from repodojo.instances.decontamination import TRAITS, Trait
from repodojo.instances.mining.settings import MiningSettings
from repodojo.types import Split

Mode = Literal["combined", "removed_function", "reversed_fix"]


class InjectionSettings(BaseModel):
    """Which bugs are proposed, and what a proven one must be like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    per_function: int = Field(6, ge=1)
    """The most bugs proposed for one function."""
    candidates_per_project: Mapping[Split, int]
    """The most bugs proposed for one project."""
    modes: Mapping[Mode, int] = {}
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

    seed: int = 0
    per_project: Mapping[Split, int]
    """The most instances of one project."""
    per_function: int = Field(3, ge=1)
    """The most instances in one function."""
    at_least: Mapping[Split, int]
    """Fewer than this is an error."""
    decontaminate_by: tuple[Trait, ...] = TRAITS
    """What an instance must not share with `evaluation_rows`."""
    issue_similarity: float = Field(0.5, gt=0, le=1)
    """Issues whose runs of five words are at least so alike (Jaccard) are the same."""


class CertificationSettings(BaseModel):
    """How thoroughly instances are examined; one certificate takes 2 ``repeats`` + ``mutants`` + 7 runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    per_project: int | None = Field(0, ge=0)
    """The first so many instances of each repository, by id; none unless asked for, and null takes all."""
    repeats: int = Field(3, ge=1)
    """Runs without a repair, and as many with the gold patch; the last of each in another order."""
    mutants: int = Field(5, ge=0)
    """Other bugs put into the repaired functions, one at a time."""
    timeout_s: float = Field(180.0, gt=0)


class EnvBuildSettings(BaseModel):
    """The key ``env_build``: projects and packages, injection, selection, certification; mining of clones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    packages: tuple[str, ...]
    """Pinned packages that every project's tests run with."""
    projects: tuple[Project, ...]
    injection: InjectionSettings
    selection: SelectionSettings
    mining: MiningSettings = MiningSettings()
    certification: CertificationSettings = CertificationSettings()

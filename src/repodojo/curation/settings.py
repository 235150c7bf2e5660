"""How a training set is chosen, how it grows round by round, and sweeps over ways of choosing it."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from repodojo.curation.quality import Flag
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Seed


class CurationSettings(BaseModel):
    """Rules that turn graded trajectories into a training set, in the order in which they apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    solve_rates: tuple[float, float] | None = None
    """A difficulty band: keep instances of which such a share of measured attempts resolved."""
    decontaminate: float | None = Field(None, gt=0, le=1)
    """Drop instances of which a held-out one holds such a share of issue or gold patch."""
    drop_flagged: tuple[Flag, ...] = ()
    """Drop trajectories whose process has one of these flags; the report counts every flag in any case."""
    dedup: Literal["none", "identical", "one_per_instance"] = "identical"
    """Drop those that repeat another of their instance word for word, or keep one of each instance."""
    near_duplicates: float | None = Field(None, gt=0, le=1)
    """Drop those whose actions are so similar to a kept one's of their instance (Jaccard)."""
    per_instance: int | None = Field(None, ge=1)
    """The cap: at most so many trajectories of one instance, those with fewer model calls; None is no cap."""
    fraction: float = Field(1.0, gt=0, le=1)
    """The share of what is left that is trained on, rounded down."""
    fraction_by: Literal["random", "repository"] = "random"
    """Draw that share by seed, or take repository after repository by name."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _band_has_a_width(self) -> Self:
        if self.solve_rates and not 0 <= self.solve_rates[0] <= self.solve_rates[1] <= 1:
            raise ValueError(f"solve_rates: expected 0 <= low <= high <= 1, found {list(self.solve_rates)}")
        return self

    @property
    def cap(self) -> int | None:
        """Return the most trajectories of one instance, as deduplication and cap have it; None is no cap."""
        return 1 if self.dedup == "one_per_instance" else self.per_instance


class SelfImprovementSettings(BaseModel):
    """How a policy learns from its own successes, round after round."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rounds: int = Field(2, ge=1, le=20)
    first_policy: Literal["base", "fine_tuned"] = "base"
    """What samples the first round: the base model, or the policy trained on the teacher's successes."""
    start: Literal["base", "last"] = "base"
    """What each round trains: the base model again, or the policy before it; the paper does not say."""
    data: Literal["accumulate", "replace"] = "accumulate"
    """Train on the successes of all rounds so far (and the teacher's, with ``fine_tuned``), or of one."""
    sampling: RolloutSettings = RolloutSettings(first_temperature=1.0, temperatures=(1.0,))
    curation: CurationSettings = CurationSettings(per_instance=2)


class AblationPoint(BaseModel):
    """One point of a sweep: a training set, and the model that is trained on it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    curation: CurationSettings
    model: str = "base_checkpoint"
    """The catalog's name of the checkpoint that training starts from."""

    def settings(self) -> dict[str, object]:
        """Return everything that can vary, by name."""
        return {"model": self.model, **self.curation.model_dump(mode="json")}


class AblationSettings(BaseModel):
    """Sweeps over training sets and models, as points; `reporting.sweeps` finds those of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: Mapping[Annotated[str, StringConstraints(pattern="^[a-z0-9_]+$")], AblationPoint] = Field(
        {"all": AblationPoint(curation=CurationSettings(dedup="none"))}, min_length=1
    )
    """By name."""
    only: tuple[str, ...] = ()
    """The points that are run; without any, all are."""

    @model_validator(mode="after")
    def _only_has_points(self) -> Self:
        if unknown := sorted(set(self.only) - set(self.points)):
            raise ValueError(f"only: expected names of {', '.join(self.points)}; found {', '.join(unknown)}")
        return self

    @property
    def asked(self) -> dict[str, AblationPoint]:
        """Return the points that are run."""
        return {name: point for name, point in self.points.items() if name in (self.only or self.points)}

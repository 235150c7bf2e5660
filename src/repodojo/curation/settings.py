"""How a training set is chosen."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CurationSettings(BaseModel):
    """Rules that turn graded trajectories into a training set, in the order in which they apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dedup: Literal["none", "identical", "one_per_instance"] = "identical"
    """Drop those that repeat another of their instance word for word, or keep one of each instance."""
    per_instance: int | None = Field(None, ge=1)
    """The cap: at most so many trajectories of one instance, those with fewer model calls; None is no cap."""
    fraction: float = Field(1.0, gt=0, le=1)
    """The share of what is left that is trained on, rounded down."""
    fraction_by: Literal["random", "repository"] = "random"
    """Draw that share by seed, or take repository after repository by name."""
    seed: int = 0

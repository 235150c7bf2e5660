"""How far the curves over k go."""

from pydantic import BaseModel, ConfigDict, Field


class ScalingSettings(BaseModel):
    """Settings of the curves over k."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_k: int = Field(8, ge=1)
    """The curves have the points 1..max_k; the comparisons are made at max_k."""
    seed: int = 0
    """Of the resampling behind the intervals."""

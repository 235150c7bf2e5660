"""How far the curves over k go, what attempts cost, and when more of them are not worth it."""

from pydantic import BaseModel, ConfigDict, Field

from repodojo.types import Seed


class Prices(BaseModel):
    """What attempts are paid for by, in one currency; all 0 is not priced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_million: float = Field(0.0, ge=0)
    """Of a million prompt tokens."""
    completion_million: float = Field(0.0, ge=0)
    """Of a million completion tokens."""
    hour: float = Field(0.0, ge=0)
    """Of an hour of a rollout."""


class ScalingSettings(BaseModel):
    """Settings of the curves over k."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_k: int = Field(8, ge=1)
    """The curves have the points 1..max_k; the comparisons are made at max_k."""
    seed: Seed = 0
    """Of the resampling behind the intervals."""
    prices: Prices = Field(Prices(), exclude_if=lambda found: found == Prices())
    attempts_share: float = Field(0.5, gt=0, le=1, exclude_if=lambda found: found == 0.5)
    """Of max_k attempts: what the rule for stopping early may use on average."""

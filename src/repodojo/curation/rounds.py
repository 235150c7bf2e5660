"""Rounds of rejection sampling: what each samples with, trains from and trains on (the paper's Table 5)."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from repodojo.curation.attempts import describe_attempts
from repodojo.curation.capping import cap_per_instance
from repodojo.curation.dedup import drop_identical
from repodojo.curation.settings import CurationSettings
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Trajectory


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


def accumulate(
    earlier: Sequence[Trajectory], chosen: Sequence[Trajectory], rules: CurationSettings
) -> list[Trajectory]:
    """Put the successes of a round with those of earlier ones, under the same cap and without repetitions."""
    listed = [*earlier, *chosen]
    attempts = describe_attempts(listed, {}, dict.fromkeys((each.instance_id for each in listed), ""))
    kept = attempts if rules.dedup == "none" else drop_identical(attempts)
    cap = 1 if rules.dedup == "one_per_instance" else rules.per_instance
    return [listed[at] for at in cap_per_instance(kept, cap)["arrival"]]

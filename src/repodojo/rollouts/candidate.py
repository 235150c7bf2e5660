"""What is asked of a candidate: a checkpoint or endpoint that is evaluated by itself."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from repodojo.errors import InputError
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Instance

GIVE = (
    "name a file of JSON lines with --params candidate.checkpoint=FOLDER,candidate.instances=FILE, or make "
    "the instances of this project with kedro run --pipeline=env_build"
)
"""What names a candidate and what it is asked."""


class CandidateSettings(BaseModel):
    """Settings of the evaluation of a candidate; what is served, and from where, stands in the catalog."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    split: Literal["train", "held_out", "all"] = "held_out"
    """Of the instance set."""
    rollouts: RolloutSettings = RolloutSettings()
    checkpoint: str = Field("", exclude=True)
    """Folder of the checkpoint; read by the catalog."""
    instances: str = Field("", exclude=True)
    """File of instances, JSON lines; read by the catalog."""
    endpoint: str = Field("", exclude=True)
    """Address of an OpenAI-compatible endpoint; read by the catalog of the environment ``endpoint``."""
    model: str = Field("", exclude=True)
    """What the endpoint calls the model; read there, too."""

    def choose(self, instances: Iterable[Instance]) -> list[Instance]:
        """Return the instances that are asked.

        Raises:
            InputError: there are none of the split, two have one id, or one could not fail.
        """
        listed = list(instances)
        if not listed:
            raise InputError(f"'candidate.instances': expected at least one instance, found none; {GIVE}")
        _check(listed)
        chosen = [each for each in listed if self.split in ("all", each.split)]
        if not chosen:
            raise InputError(
                f"parameter 'candidate.split': expected a split that the {len(listed)} instances have, found "
                f"{self.split!r}; use 'all', or mend 'candidate.instances'"
            )
        return chosen


def _check(instances: list[Instance]) -> None:
    """Refuse what would be counted wrongly: one id twice, an instance that nothing can fail."""
    ids = Counter(each.instance_id for each in instances)
    if twice := sorted(name for name, count in ids.items() if count > 1):
        raise InputError(
            f"'candidate.instances': expected each instance_id once, found more of {', '.join(twice[:5])}; "
            f"leave one of each"
        )
    if empty := [each.instance_id for each in instances if not each.FAIL_TO_PASS]:
        raise InputError(
            f"'candidate.instances': expected tests in FAIL_TO_PASS, found none in {', '.join(empty[:5])}: "
            f"any patch would resolve them; leave them out"
        )

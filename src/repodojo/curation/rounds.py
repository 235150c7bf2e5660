"""Rounds of rejection sampling: what each samples with, trains from and trains on (the paper's Table 5)."""

from collections.abc import Sequence

from repodojo.curation.attempts import describe_attempts
from repodojo.curation.capping import cap_per_instance
from repodojo.curation.dedup import drop_repeated
from repodojo.curation.settings import CurationSettings
from repodojo.types import Trajectory


def accumulate(
    earlier: Sequence[Trajectory], chosen: Sequence[Trajectory], rules: CurationSettings
) -> list[Trajectory]:
    """Put the successes of a round with those of earlier ones, under the same cap and without repetitions."""
    listed = [*earlier, *chosen]
    attempts = describe_attempts(listed, {}, dict.fromkeys((each.instance_id for each in listed), ""))
    kept = drop_repeated(attempts, rules.dedup)
    return [listed[at] for at in cap_per_instance(kept, rules.cap)["arrival"]]

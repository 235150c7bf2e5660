"""What rollouts did, whatever they solved: empty patches, loops, turns, well-formed answers.

Shares are over all rollouts, intervals by resampling instances.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from repodojo.metrics.bootstrap import Estimate, ratio_estimate
from repodojo.rollouts.stuck import repeats_action
from repodojo.types import Trajectory


class RolloutRates(NamedTuple):
    """The companions of a resolve rate (the paper's Table 3), and the share of answers with a command."""

    rollouts: int
    empty_patch: Estimate
    stuck_in_loop: Estimate
    average_turns: Estimate
    well_formed: Estimate


def rollout_rates(trajectories: Iterable[Trajectory], *, seed: int = 0) -> RolloutRates:
    """Return the companions of the resolve rate; ``n`` counts instances."""
    listed = list(trajectories)

    def rate(
        numerator: Callable[[Trajectory], int],
        denominator: Callable[[Trajectory], int],
        span: tuple[float, float] | None = (0.0, 1.0),
    ) -> Estimate:
        sums: dict[str, list[int]] = {}
        for each in listed:
            row = sums.setdefault(each.instance_id, [0, 0])
            row[0] += numerator(each)
            row[1] += denominator(each)
        rows = [sums[name] for name in sorted(sums)]
        sums_of = ([row[number] for row in rows] for number in (0, 1))
        return ratio_estimate(*sums_of, over_nothing="no attempt has a turn", span=span, seed=seed)

    return RolloutRates(
        len(listed),
        rate(lambda each: not each.model_patch, lambda _: 1),
        rate(lambda each: repeats_action([turn.command for turn in each.turns]), lambda _: 1),
        rate(lambda each: len(each.turns), lambda _: 1, None),
        rate(lambda each: sum(turn.command is not None for turn in each.turns), lambda each: len(each.turns)),
    )

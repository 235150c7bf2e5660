"""What a set of trajectories did, as counts and shares; a share of nothing is NaN."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

from repodojo.rollouts.stuck import repeats_action
from repodojo.types import INFRASTRUCTURE_STATUSES, OVER_BUDGET, Trajectory, Verdict


@dataclass(frozen=True)
class RolloutStats:
    """The companions of a resolve rate (SWE-Gym, table 3); ``n`` counts every trajectory."""

    n: int
    infrastructure_failures: int
    empty_patches: int
    stuck: int
    turns: int
    well_formed_turns: int
    prompt_tokens: int
    completion_tokens: int
    exit_statuses: Mapping[str, int]

    @property
    def empty_patch_rate(self) -> float:
        """The share of trajectories without a patch."""
        return self.empty_patches / self.n if self.n else nan

    @property
    def stuck_rate(self) -> float:
        """The share of trajectories that end with the same action three times."""
        return self.stuck / self.n if self.n else nan

    @property
    def average_turns(self) -> float:
        """Turns for each trajectory."""
        return self.turns / self.n if self.n else nan

    @property
    def well_formed_share(self) -> float:
        """The share of turns that hold a command."""
        return self.well_formed_turns / self.turns if self.turns else nan


@dataclass(frozen=True)
class Outcomes:
    """One instance's attempts, as the resolve rate and pass@k count them."""

    asked: int
    measured: int
    resolved: int


def compute_stats(trajectories: Sequence[Trajectory]) -> RolloutStats:
    """Count what trajectories did."""
    turns = [turn for trajectory in trajectories for turn in trajectory.turns]
    statuses = Counter(trajectory.exit_status for trajectory in trajectories)
    return RolloutStats(
        n=len(trajectories),
        infrastructure_failures=sum(statuses[status] for status in INFRASTRUCTURE_STATUSES),
        empty_patches=sum(not trajectory.model_patch for trajectory in trajectories),
        stuck=sum(repeats_action([turn.command for turn in t.turns]) for t in trajectories),
        turns=len(turns),
        well_formed_turns=sum(turn.command is not None for turn in turns),
        prompt_tokens=sum(turn.prompt_tokens for turn in turns),
        completion_tokens=sum(turn.completion_tokens for turn in turns),
        exit_statuses=dict(sorted(statuses.items())),
    )


def summarise(trajectory: Trajectory) -> dict[str, int]:
    """Count one trajectory for a progress bar."""
    over_budget = {"over_budget": 1} if trajectory.exit_status == OVER_BUDGET else {}
    return {
        **over_budget,
        "submitted": int(trajectory.exit_status == "Submitted"),
        "empty_patches": int(not trajectory.model_patch and not over_budget),
        "infrastructure_failures": int(trajectory.exit_status in INFRASTRUCTURE_STATUSES),
    }


def count_outcomes(verdicts: Iterable[Verdict]) -> dict[str, Outcomes]:
    """Count each instance's attempts: asked, measured, resolved."""
    by_instance: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_instance.setdefault(verdict.instance_id, []).append(verdict)
    return {
        name: Outcomes(
            asked=len(found),
            measured=sum(verdict.outcome != "not_measured" for verdict in found),
            resolved=sum(verdict.resolved for verdict in found),
        )
        for name, found in sorted(by_instance.items())
    }

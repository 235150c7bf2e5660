"""Which kept trajectories are asked for again: those that a budget cut short, once there is more of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from repodojo.policies.budget import Budget, Tokens
from repodojo.policies.budgeted import BudgetedPolicy
from repodojo.rollouts.run import RolloutContext
from repodojo.types import OVER_BUDGET, Trajectory

SPENT = "_SPENT.jsonl"
"""The file of what was used, in a run's folder."""


Resume = Callable[[Path, Mapping[str, Trajectory]], Collection[str]]
"""From a run's folder and the trajectories kept there to the keys that are owed again."""


def within_budget(context: RolloutContext, budget: Budget) -> tuple[RolloutContext, Resume]:
    """Return a context whose rollouts keep to a budget, and what its plan is resumed by."""
    if not budget.limited:
        return context, over_budget
    policy = BudgetedPolicy(context.policy, budget)
    return replace(context, policy=policy, refusal=policy.refusal), partial(take_up, policy)


def take_up(policy: BudgetedPolicy, folder: Path, kept: Mapping[str, Trajectory]) -> Collection[str]:
    """Go on with the budget of a run's folder; return the keys of those that it has room for now."""
    turns = [turn for trajectory in kept.values() for turn in trajectory.turns]
    used = Tokens(sum(turn.prompt_tokens for turn in turns), sum(turn.completion_tokens for turn in turns))
    policy.open(folder / SPENT, used)
    return () if policy.refusal() else over_budget(folder, kept)


def over_budget(folder: Path, kept: Mapping[str, Trajectory]) -> Collection[str]:
    """Return the keys of those that a budget cut short; ``folder`` holds them."""
    return [key for key, trajectory in kept.items() if not within_its_budget(trajectory)]


def within_its_budget(trajectory: Trajectory) -> bool:
    """Whether no budget cut a trajectory short."""
    return trajectory.exit_status != OVER_BUDGET

"""A set of rollouts within a budget, made by several runs of a dataset."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.policies.budget import Budget
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.resume import SPENT, within_budget
from repodojo.rollouts.run import RolloutContext, run_rollout
from repodojo.rollouts.settings import RolloutSettings
from repodojo.scaffolds.bash_only import BashOnly
from repodojo.types import Instance

SUBMIT = "```bash\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n```"
STEP = "```bash\ntrue\n```"
ROLLOUTS = 4

Sample = Callable[..., ResumablePartitionedDataset]


@pytest.fixture
def sample(
    sandboxes: NamespaceSandboxes,
    spec: Callable[[Instance], SandboxSpec],
    make_instance: Callable[[str], Instance],
    tmp_path: Path,
) -> Sample:
    def make(budget: Budget, name: str = "sampled") -> ResumablePartitionedDataset:
        instance = make_instance("It breaks.")
        policy = ScriptedPolicy({"It breaks.": [[STEP, SUBMIT]]})
        context, resume = within_budget(RolloutContext(sandboxes, spec, policy, BashOnly()), budget)
        plans = plan_rollouts([instance.instance_id], ROLLOUTS)
        thunks = {each.rollout_id: partial(run_rollout, instance, each, context) for each in plans}
        dataset = ResumablePartitionedDataset(
            path=str(tmp_path / name),
            record="repodojo.types.Trajectory",
            summarise="repodojo.rollouts.stats.summarise",
            failure_threshold=0.0,
        )
        dataset.save(Plan(thunks, {"settings": RolloutSettings(budget=budget).identity()}, resume=resume))
        return dataset

    return make


def ends(dataset: ResumablePartitionedDataset) -> list[tuple[str, int]]:
    return [(each.exit_status, len(each.turns)) for each in dataset.load().values()]


def tokens_of_one(sample: Sample) -> int:
    (tokens,) = {
        sum(turn.prompt_tokens + turn.completion_tokens for turn in each.turns)
        for each in sample(Budget(), "whole").load().values()
    }
    return tokens


def test_rollouts_beyond_the_budget_are_not_asked_and_taken_up_later(sample: Sample) -> None:
    limit = 2 * tokens_of_one(sample) + 300
    first = sample(Budget(tokens=limit))
    assert first.saved is not None
    assert first.saved.executed == ROLLOUTS
    found = ends(first)
    asked = [each for each in found if each[0] == "Submitted"]
    assert 1 <= len(asked) < ROLLOUTS
    left = [each for each in first.load().values() if each.exit_status == "BudgetExceeded"]
    assert len(left) == ROLLOUTS - len(asked)
    assert not any(each.turns or each.sandbox for each in left[1:])
    assert f"the budget of {limit:,} tokens leaves no room" in left[0].error

    again = sample(Budget(tokens=limit))
    assert again.saved is not None
    assert again.saved.executed == 0

    spent = (first.saved.path / SPENT).read_text()
    larger = sample(Budget(tokens=1_000_000))
    assert larger.saved is not None
    assert larger.saved.path == first.saved.path
    assert larger.saved.executed == len(left)
    assert ends(larger) == [("Submitted", 2)] * ROLLOUTS
    assert (larger.saved.path / SPENT).read_text().startswith(spent)


def test_a_run_without_a_budget_takes_up_what_one_with_it_left(sample: Sample) -> None:
    left = sum(end == "BudgetExceeded" for end, _ in ends(sample(Budget(tokens=100))))
    assert left == ROLLOUTS
    unlimited = sample(Budget())
    assert unlimited.saved is not None
    assert unlimited.saved.executed == ROLLOUTS
    assert ends(unlimited) == [("Submitted", 2)] * ROLLOUTS

from math import isnan

from repodojo.rollouts.stats import Outcomes, compute_stats, count_outcomes, summarise
from repodojo.types import Outcome, Trajectory, Turn, Verdict


def trajectory(commands: list[str | None], patch: str = "diff", exit_status: str = "Submitted") -> Trajectory:
    turns = tuple(Turn(command, 0, 10, 3, "stop", 0.0, 0.0) for command in commands)
    return Trajectory("i.0", "i", "p", "s", 0, 0.0, 0, (), turns, patch, exit_status)


def verdict(instance_id: str, outcome: Outcome) -> Verdict:
    return Verdict(f"{instance_id}.0", instance_id, outcome, "tests")


def test_counts_and_shares() -> None:
    stats = compute_stats(
        [
            trajectory(["a", "b"]),
            trajectory(["a", "a", "a"], patch="", exit_status="StuckInLoop"),
            trajectory([None, None, None], exit_status="FormatError"),
            trajectory([], patch="", exit_status="SandboxError"),
        ]
    )
    assert (stats.n, stats.empty_patches, stats.stuck, stats.infrastructure_failures) == (4, 2, 1, 1)
    assert (stats.empty_patch_rate, stats.stuck_rate, stats.average_turns) == (0.5, 0.25, 2.0)
    assert stats.well_formed_share == 5 / 8
    assert (stats.prompt_tokens, stats.completion_tokens) == (80, 24)
    assert stats.exit_statuses == {"FormatError": 1, "SandboxError": 1, "StuckInLoop": 1, "Submitted": 1}


def test_a_share_of_nothing_is_undefined() -> None:
    stats = compute_stats([])
    assert all(isnan(share) for share in (stats.empty_patch_rate, stats.stuck_rate, stats.average_turns))
    assert isnan(stats.well_formed_share)
    assert isnan(compute_stats([trajectory([])]).well_formed_share)


def test_outcomes_keep_what_was_not_measured_apart() -> None:
    verdicts = [verdict("b", "resolved"), verdict("b", "not_measured"), verdict("a", "unresolved")]
    assert count_outcomes(verdicts) == {"a": Outcomes(1, 1, 0), "b": Outcomes(2, 1, 1)}
    assert list(count_outcomes(verdicts)) == ["a", "b"]


def test_counts_one_trajectory_for_a_bar() -> None:
    assert summarise(trajectory(["a"])) == {"submitted": 1, "empty_patches": 0, "infrastructure_failures": 0}
    lost = summarise(trajectory([], patch="", exit_status="PolicyError"))
    assert lost == {"submitted": 0, "empty_patches": 1, "infrastructure_failures": 1}

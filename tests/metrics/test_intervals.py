"""Wilson's interval, resampling, paired differences, AUC, majority vote, companions of a resolve rate."""

from collections.abc import Callable
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from repodojo.errors import InputError
from repodojo.metrics.auc import auc, auc_estimate
from repodojo.metrics.bootstrap import mean_estimate, mean_estimates, ratio_estimate
from repodojo.metrics.gap_closed import gap_closed_estimates
from repodojo.metrics.majority import majority_of, majority_vote
from repodojo.metrics.matrices import attempt_matrices
from repodojo.metrics.paired_difference import paired_difference
from repodojo.metrics.resolve_rate import resolve_rate
from repodojo.metrics.rollout_rates import rollout_rates
from repodojo.metrics.wilson import wilson_interval
from repodojo.types import Outcome, Trajectory, Verdict


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (103, 500, 0.17286, 0.24363), (1, 1, 0.2065, 1.0)],
)
def test_wilson_interval_of_known_cases(successes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 300), st.data())
def test_wilson_interval_holds_the_share_and_mirrors(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    interval, mirror = wilson_interval(successes, n), wilson_interval(n - successes, n)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    assert interval == pytest.approx((1 - mirror.high, 1 - mirror.low))


def test_resolve_rate_keeps_what_was_not_measured_in_the_denominator() -> None:
    outcomes: list[Outcome] = ["resolved"] * 3 + ["unresolved"] * 5 + ["not_measured"] * 2
    rate = resolve_rate(outcomes)
    assert (rate.value, rate.n, rate.resolved, rate.not_measured) == (0.3, 10, 3, 2)
    assert (rate.lower_bound, rate.upper_bound) == (0.3, 0.5)
    assert (rate.low, rate.high) == wilson_interval(3, 10)
    assert isnan(resolve_rate([]).value)


def test_mean_interval_matches_the_normal_one_on_many_instances() -> None:
    values = np.random.default_rng(0).random(2000)
    estimate = mean_estimate(values)
    reach = 1.96 * values.std() / np.sqrt(2000)
    assert (estimate.low, estimate.high) == pytest.approx(
        (values.mean() - reach, values.mean() + reach), abs=reach / 10
    )


def test_columns_are_resampled_together_and_repeat_with_the_seed() -> None:
    values = np.random.default_rng(0).random((30, 3))
    assert mean_estimates(values, seed=4) == mean_estimates(values, seed=4)
    alone = mean_estimates(values[:, 1:2], seed=4)[0]
    assert mean_estimates(values, seed=4)[1] == pytest.approx(alone)
    assert mean_estimates(values, seed=4) != mean_estimates(values, seed=5)


def test_attempts_of_one_instance_do_not_count_as_independent() -> None:
    alike = np.repeat(np.random.default_rng(0).integers(0, 2, 40).astype(float), 8).reshape(40, 8)
    clustered = paired_difference(alike, np.zeros((40, 8)))
    as_if_independent = wilson_interval(int(alike.sum()), alike.size)
    assert clustered.high - clustered.low > 2 * (as_if_independent.high - as_if_independent.low)


def test_paired_difference_uses_the_pairs() -> None:
    hard = np.random.default_rng(1).integers(0, 2, 200).astype(float)
    better = hard.copy()
    better[np.flatnonzero(hard == 0)[:10]] = 1
    paired = paired_difference(better, hard)
    shuffled = paired_difference(np.random.default_rng(2).permutation(better), hard)
    assert paired.value == pytest.approx(shuffled.value) == 0.05
    assert paired.excludes_zero
    assert not shuffled.excludes_zero


def test_paired_difference_is_antisymmetric_and_bounded() -> None:
    left, right = np.array([[1.0, np.nan], [0.0, 1.0]]), np.array([[0.0], [1.0]])
    forward, backward = paired_difference(left, right), paired_difference(right, left)
    assert forward.value == -backward.value == 0.0
    assert (forward.lower_bound, forward.upper_bound) == (0.0, 0.25)
    assert (backward.lower_bound, backward.upper_bound) == (-0.25, 0.0)
    with pytest.raises(ValueError, match="same instances: 2 and 1 rows"):
        paired_difference(left, right[:1])


def test_arms_that_never_differ_leave_room_for_a_difference() -> None:
    same = paired_difference(np.zeros(50), np.zeros(50))
    assert same.low < 0 < same.high
    assert not same.excludes_zero
    assert isnan(paired_difference(np.empty(0), np.empty(0)).value)
    assert not paired_difference(np.empty(0), np.empty(0)).excludes_zero


def test_ratio_leaves_out_resamples_without_a_denominator() -> None:
    estimate = ratio_estimate([1, 0, 0], [2, 0, 0], over_nothing="no y")
    assert estimate.value == 0.5
    assert (estimate.low, estimate.high) == (0.5, 0.5)
    nothing = ratio_estimate([0, 0], [0, 0], over_nothing="no y")
    assert isnan(nothing.value)
    assert (nothing.n, nothing.reason, estimate.reason) == (2, "no y", "")
    assert ratio_estimate([0, 0], [3, 3], over_nothing="", span=(0, 1)).high == wilson_interval(0, 2).high


def test_gap_closed_is_one_for_a_perfect_pick_and_zero_for_chance() -> None:
    base, oracle = np.array([0.2, 0.5, 0.0]), np.array([1.0, 1.0, 0.0])
    assert gap_closed_estimates([oracle], base, oracle)[0].value == 1.0
    assert gap_closed_estimates([base], base, oracle)[0].value == 0.0


def test_a_gap_closed_on_every_instance_keeps_an_interval() -> None:
    """Four instances with a gap, all closed, gave the interval [1, 1]."""
    base, oracle = np.zeros(75), np.array([1.0] * 4 + [0.0] * 71)
    closed, chance = gap_closed_estimates([oracle, base], base, oracle)
    assert (closed.value, closed.high) == (1.0, 1.0)
    assert closed.low == pytest.approx(1 - wilson_interval(0, 4).high)
    assert (chance.low, chance.high) == (0.0, 0.0)


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(0, 4).map(float)), st.booleans()), min_size=1, max_size=30
    )
)
def test_auc_equals_counting_pairs(rows: list[tuple[float | None, bool]]) -> None:
    keys = [(-np.inf if score is None else score, resolved) for score, resolved in rows]
    pairs = [(a > b) + (a == b) / 2 for a, won in keys if won for b, lost in keys if not lost]
    value = auc([score for score, _ in rows], [resolved for _, resolved in rows])
    if pairs:
        assert value == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)
    else:
        assert isnan(value)


def test_auc_interval_is_clustered_by_instance() -> None:
    rng = np.random.default_rng(0)
    resolved = rng.integers(0, 2, 30).astype(bool)
    scores = list(resolved + rng.normal(0, 1, 30))
    instances = list(range(30))
    once = auc_estimate(scores, list(resolved), instances)
    eightfold = auc_estimate(scores * 8, list(resolved) * 8, instances * 8)
    assert once.n == eightfold.n == 30
    assert_allclose(once[:4], eightfold[:4], atol=1e-9)
    assert once.low < once.value < once.high
    assert isnan(auc_estimate([], [], []).value)
    alike = auc_estimate([0.1, 0.2], [True, True], ["a", "b"])
    assert isnan(alike.low)
    assert alike.reason == "0 of 2 attempts are unresolved, at least 1 needed"


def test_majority_takes_the_commonest_patch_and_splits_ties() -> None:
    assert majority_of([0, 1, 1, 0], ["a", "b", "b", ""]) == 1
    assert majority_of([0, 1, 0, 0], ["a", "b", "", ""]) == 0.5
    assert majority_of([0, 0], ["", ""]) == 0
    vote = majority_vote(np.array([[1.0, np.nan], [0.0, 0.0]]), [["a", "a"], ["b", "c"]])
    assert (vote.value, vote.n) == (0.25, 2)


def test_matrices_place_attempts_and_leave_the_rest_not_measured(
    trajectory: Callable[..., Trajectory],
) -> None:
    rollouts = [trajectory("b", 1), trajectory("a", 0), trajectory("b", 0)]
    verdicts = {
        "b.1": Verdict("b.1", "b", "resolved", "tests"),
        "b.0": Verdict("b.0", "b", "not_measured", "x"),
    }
    matrices = attempt_matrices(["b", "a", "c"], rollouts, verdicts, {"b.1": 0.7, "a.0": None})
    assert_allclose(matrices.outcomes, [[np.nan, 1], [np.nan, np.nan], [np.nan, np.nan]])
    assert_allclose(matrices.scores, [[np.nan, 0.7], [np.nan, np.nan], [np.nan, np.nan]])
    assert matrices.rows(["c", "b"]).instance_ids == ("b", "c")
    assert matrices.rows(["b"]).outcomes.shape == (1, 2)


def test_matrices_refuse_a_second_claim_and_a_stranger(trajectory: Callable[..., Trajectory]) -> None:
    with pytest.raises(InputError, match=r"a\.0: attempt 0 is also claimed by a\.0"):
        attempt_matrices(["a"], [trajectory("a"), trajectory("a")], {})
    with pytest.raises(InputError, match=r"b\.0: instance_id is not among the 1 instances asked"):
        attempt_matrices(["a"], [trajectory("b")], {})


def test_rollout_rates_count_over_all_rollouts(trajectory: Callable[..., Trajectory]) -> None:
    rates = rollout_rates(
        [
            trajectory("a", 0, commands=("ls", None, "cat"), patch=""),
            trajectory("a", 1, commands=("ls",) * 3),
            trajectory("b", 0, commands=(None, None)),
            trajectory("b", 1, commands=("x", "y")),
        ]
    )
    assert rates.rollouts == 4
    assert (rates.empty_patch.value, rates.empty_patch.n) == (0.25, 2)
    assert rates.stuck_in_loop.value == 0.25
    assert rates.average_turns.value == 2.5
    assert rates.well_formed.value == pytest.approx(7 / 10)
    assert isnan(rollout_rates([]).empty_patch.value)


def test_a_share_that_never_happened_keeps_an_interval(trajectory: Callable[..., Trajectory]) -> None:
    rates = rollout_rates([trajectory(str(name)) for name in range(50)])
    assert rates.empty_patch[:2] == (0.0, 0.0)
    assert rates.empty_patch.high == wilson_interval(0, 50).high

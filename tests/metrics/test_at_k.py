"""pass@k, best@k and random@k against enumeration of all subsets."""

from itertools import combinations
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from repodojo.metrics.best_at_k import best_at_k, instance_best_at_k
from repodojo.metrics.pass_at_k import instance_pass_at_k, pass_at_k, pass_at_k_of
from repodojo.metrics.random_at_k import random_at_k
from repodojo.metrics.smoothed import moatless_smoothed, paper_smoothed

attempts = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([None, 0.1, 0.5, 0.5001, 0.9])),
    min_size=1,
    max_size=7,
)


def enumerate_best(rows: list[tuple[float, float | None]], k: int) -> float:
    subsets = list(combinations(rows, k))
    total = 0.0
    for subset in subsets:
        keys = [-np.inf if score is None else score for _, score in subset]
        top = [outcome for (outcome, _), key in zip(subset, keys, strict=True) if key == max(keys)]
        total += sum(top) / len(top)
    return total / len(subsets)


def arrays(rows: list[tuple[float, float | None]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[outcome for outcome, _ in rows]]), np.array([[s for _, s in rows]], dtype=float)


@given(attempts, st.data())
def test_best_at_k_equals_enumeration(rows: list[tuple[float, float | None]], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(rows)))
    outcomes, scores = arrays(rows)
    assert instance_best_at_k(outcomes, scores, [k])[0, 0] == pytest.approx(
        enumerate_best(rows, k), abs=1e-12
    )


@given(attempts, st.data())
def test_pass_at_k_equals_enumeration(rows: list[tuple[float, float | None]], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(rows)))
    outcomes, _ = arrays(rows)
    subsets = list(combinations(outcomes[0], k))
    expected = sum(max(subset) for subset in subsets) / len(subsets)
    assert instance_pass_at_k(outcomes, [k])[0, 0] == pytest.approx(expected, abs=1e-12)


@given(attempts)
def test_best_at_k_lies_under_pass_at_k_and_ignores_the_order(rows: list[tuple[float, float | None]]) -> None:
    ks = range(1, len(rows) + 1)
    outcomes, scores = arrays(rows)
    best = instance_best_at_k(outcomes, scores, ks)
    assert (best <= instance_pass_at_k(outcomes, ks) + 1e-12).all()
    assert_allclose(instance_best_at_k(outcomes[:, ::-1], scores[:, ::-1], ks), best, atol=1e-12)


def test_a_perfect_verifier_reaches_pass_at_k_and_a_constant_one_random_at_k() -> None:
    outcomes = np.random.default_rng(1).integers(0, 2, (40, 8)).astype(float)
    ks = range(1, 9)
    perfect = [point.value for point in best_at_k(outcomes, outcomes, ks)]
    assert perfect == pytest.approx([point.value for point in pass_at_k(outcomes, ks)], abs=1e-12)
    constant = [point.value for point in best_at_k(outcomes, np.full(outcomes.shape, 0.3), ks)]
    assert constant == pytest.approx([point.value for point in random_at_k(outcomes, ks)], abs=1e-12)


def test_more_attempts_asked_for_than_made_is_undefined() -> None:
    assert isnan(pass_at_k_of(3, 3, 4))
    outcomes = np.ones((5, 3))
    for curve in (
        pass_at_k(outcomes, [3, 4]),
        best_at_k(outcomes, outcomes, [3, 4]),
        random_at_k(outcomes, [3, 4]),
    ):
        assert curve[0].value == 1.0
        assert isnan(curve[1].value)
        assert isnan(curve[1].low)


def test_no_instances_is_undefined() -> None:
    empty = np.empty((0, 4))
    for curve in (pass_at_k(empty, [1]), best_at_k(empty, empty, [1]), random_at_k(empty, [1])):
        assert isnan(curve[0].value)
        assert curve[0].n == 0


def test_attempts_not_measured_count_as_unresolved_and_open_the_bounds() -> None:
    outcomes = np.array([[1.0, np.nan], [0.0, np.nan]])
    scores = np.array([[0.5, np.nan], [0.5, np.nan]])
    passed, best, chance = (
        pass_at_k(outcomes, [1, 2]),
        best_at_k(outcomes, scores, [1, 2]),
        random_at_k(outcomes, [1, 2]),
    )
    assert [(p.lower_bound, p.value, p.upper_bound) for p in passed] == [(0.25, 0.25, 0.75), (0.5, 0.5, 1.0)]
    assert [(p.lower_bound, p.value, p.upper_bound) for p in best] == [(0.25, 0.25, 0.75), (0.0, 0.5, 1.0)]
    assert [(p.lower_bound, p.value, p.upper_bound) for p in chance] == [(0.25, 0.25, 0.75)] * 2


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    chances = rng.beta(0.5, 1.0, 4000)
    truth = float(np.mean(1 - (1 - chances) ** 2))
    covered = 0
    for trial in range(200):
        drawn = rng.choice(chances, 60)
        outcomes = (rng.random((60, 4)) < drawn[:, None]).astype(float)
        point = pass_at_k(outcomes, [2], seed=trial)[0]
        covered += point.low <= truth <= point.high
    assert 176 <= covered <= 199


def test_a_curve_where_nothing_is_resolved_has_an_interval_above_zero() -> None:
    point = pass_at_k(np.zeros((50, 8)), [8])[0]
    assert point.value == point.low == 0
    assert point.high == pytest.approx(0.0713, abs=5e-4)


def test_smoothed_estimator_converges_to_the_exact_one_and_ends_without_spread() -> None:
    rng = np.random.default_rng(3)
    outcomes, scores = rng.integers(0, 2, (30, 6)).astype(float), rng.random((30, 6))
    scores[2, 3] = np.nan
    smoothed = paper_smoothed(outcomes, scores, trials=4000, seed=7)
    ks = range(1, 7)
    assert [s.k for s in smoothed] == list(ks)
    first, last = smoothed[0], smoothed[-1]
    assert (first.pass_mean, first.best_mean) == pytest.approx((outcomes[:, 0].mean(),) * 2)
    assert (first.pass_deviation, last.pass_deviation, last.best_deviation) == pytest.approx((0, 0, 0))
    exact_pass, exact_best = pass_at_k(outcomes, ks), best_at_k(outcomes, scores, ks)
    for point, p, b in list(zip(smoothed, exact_pass, exact_best, strict=True))[1:]:
        assert point.pass_mean == pytest.approx(p.value, abs=0.004)
        assert point.best_mean == pytest.approx(b.value, abs=0.004)
    assert paper_smoothed(np.empty((0, 3)), np.empty((0, 3))) == []


def test_smoothed_breaks_ties_by_the_order_of_the_shuffle() -> None:
    outcomes, scores = np.array([[1.0, 0.0, 0.0, 0.0]] * 400), np.zeros((400, 4))
    last = paper_smoothed(outcomes, scores, trials=50, keep_first=False)[-1]
    assert last.best_mean == pytest.approx(0.25, abs=0.02)
    assert last.best_deviation > 0


def test_shuffles_of_their_own_for_every_k_have_the_same_means() -> None:
    rng = np.random.default_rng(4)
    outcomes, scores = rng.integers(0, 2, (20, 4)).astype(float), rng.random((20, 4))
    smoothed = moatless_smoothed(outcomes, scores, trials=1500)
    exact = best_at_k(outcomes, scores, range(1, 5))
    assert [s.best_mean for s in smoothed] == pytest.approx([p.value for p in exact], abs=0.01)
    assert smoothed[0].best_deviation > 0
    assert smoothed[-1].pass_deviation == pytest.approx(0)
    assert moatless_smoothed(np.empty((0, 3)), np.empty((0, 3))) == []

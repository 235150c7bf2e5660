"""Figures of the SWE-Gym paper (arXiv 2412.21139) that the estimators must reproduce."""

import numpy as np
import pytest

from repodojo.metrics.gap_closed import gap_closed
from repodojo.metrics.half_sample import all_rows_half_sample_deviation, paper_half_sample_deviation
from repodojo.metrics.log_fit import log_fit
from repodojo.metrics.random_at_k import random_at_k

# Table 3: instances, empty patch %, resolve rate %, ± as printed.
TABLE_3 = [
    (300, 40.3, 1.0, 1.0),
    (300, 29.7, 10.0, 2.4),
    (300, 49.7, 2.7, 1.9),
    (300, 18.1, 12.7, 2.3),
    (300, 27.0, 3.0, 1.4),
    (300, 18.1, 15.3, 2.5),
    (500, 45.8, 1.8, 1.1),
    (500, 33.8, 10.6, 2.1),
    (500, 44.9, 4.0, 1.6),
    (500, 14.5, 16.4, 2.0),
    (500, 9.5, 7.0, 1.3),
    (500, 13.8, 20.6, 2.1),
]
# Resolved of 500 per run on SWE-Bench Verified: run 0 greedy, runs 1-16 at t=0.5.
RUNS = (103, 79, 89, 79, 94, 94, 90, 81, 89, 95, 95, 90, 90, 88, 96, 90, 97)


@pytest.mark.parametrize(("n", "empty", "rate", "printed"), TABLE_3)
def test_every_deviation_of_table_3(n: int, empty: float, rate: float, printed: float) -> None:
    resolved, empty_patches = round(n * rate / 100), round(n * empty / 100)
    assert 100 * paper_half_sample_deviation(resolved, empty_patches, n) == pytest.approx(printed, abs=0.1)


def test_the_paper_and_all_rows_deviations_differ() -> None:
    assert 100 * paper_half_sample_deviation(103, 69, 500) == pytest.approx(2.06, abs=0.005)
    assert 100 * all_rows_half_sample_deviation(103, 500) == pytest.approx(1.81, abs=0.005)


def test_the_half_sample_deviation_is_what_drawing_gives() -> None:
    rng = np.random.default_rng(0)
    flags = np.array([1.0] * 20 + [0.0] * 51)
    means = [rng.choice(flags, len(flags) // 2, replace=False).mean() for _ in range(20_000)]
    assert all_rows_half_sample_deviation(20, 71) == pytest.approx(np.std(means), rel=0.03)


def test_fewer_than_two_rows_have_no_deviation() -> None:
    assert np.isnan(all_rows_half_sample_deviation(1, 1))
    assert np.isnan(paper_half_sample_deviation(0, 10, 10))


def test_the_training_fit_of_figure_1() -> None:
    fit = log_fit([122, 245, 491], [10.8, 16.8, 20.6])
    assert (round(fit.slope, 2), round(fit.intercept, 2), round(fit.r2, 3)) == (7.04, -22.65, 0.984)


def test_the_inference_fit_of_figure_1() -> None:
    marks = [
        22.29,
        24.59,
        25.94,
        27.0,
        27.84,
        28.5,
        29.07,
        29.57,
        30.02,
        30.41,
        30.81,
        31.12,
        31.37,
        31.7,
        31.95,
    ]
    fit = log_fit(range(2, 17), marks)
    assert fit[:3] == pytest.approx((4.53, 19.54, 0.997), abs=0.01)


def test_fits_without_two_points_are_undefined() -> None:
    assert np.isnan(log_fit([3, 3], [1, 2]).slope)
    assert np.isnan(log_fit([0, 3], [1, 2]).slope)
    assert np.isnan(log_fit([1, 2], [1, float("nan")]).slope)
    assert np.isnan(log_fit([1, 2], [1, 1]).r2)


def test_the_released_runs() -> None:
    outcomes = np.array([[1.0] * resolved + [0.0] * (500 - resolved) for resolved in RUNS]).T
    assert sum(RUNS) == outcomes.sum() == 1539
    assert outcomes[:, 0].mean() == 0.206
    sampled = random_at_k(outcomes[:, 1:], [1, 8])
    assert [round(100 * point.value, 2) for point in sampled] == [17.95, 17.95]


def test_the_published_share_of_the_gap_closed() -> None:
    assert gap_closed(32.0, 20.6, 42.8) == pytest.approx(0.51, abs=0.005)
    assert np.isnan(gap_closed(1.0, 0.5, 0.5))


def test_a_flat_curve_explains_nothing() -> None:
    """Rounding gave R2 of -4 where all points are alike."""
    assert np.isnan(log_fit([1, 2, 4, 8], [0.1 + 0.2] * 4).r2)

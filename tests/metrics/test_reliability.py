"""Reliability, histograms, correlation and groups by size."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.metrics.reliability import calibration_error, point_biserial, reliability_curve, score_histogram
from repodojo.metrics.score_groups import Sized, group_by_size
from repodojo.metrics.verifier_quality import verifier_quality
from repodojo.types import Instance, Trajectory, Verdict

scored = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


@given(scored)
def test_bins_hold_every_score_once(pairs: list[tuple[float, bool]]) -> None:
    scores, labels = [s for s, _ in pairs], [r for _, r in pairs]
    curve, histogram = reliability_curve(scores, labels), score_histogram(scores, labels)
    assert sum(bin.n for bin in curve) == len(pairs)
    assert sum(histogram.resolved) == sum(labels)
    assert [a + b for a, b in zip(histogram.resolved, histogram.unresolved, strict=True)] == [
        b.n for b in curve
    ]
    assert not pairs or 0 <= calibration_error(scores, labels) <= 1


def test_point_biserial_is_pearsons_r_and_undefined_without_variation() -> None:
    scores, labels = [0.1, 0.4, 0.35, 0.8], [False, False, True, True]
    assert point_biserial(scores, labels) == pytest.approx(np.corrcoef(scores, labels)[0, 1])
    for undefined in (([], []), ([0.5] * 4, labels), (scores, [True] * 4), ([0.1, 0.2], [True, False])):
        assert np.isnan(point_biserial(*undefined))


def test_groups_split_at_quartiles_and_keep_equal_sizes_together() -> None:
    attempts = [Sized(f"i{n}", n % 2 == 0, 0.9 if n % 2 == 0 else 0.1, n // 4) for n in range(32)]
    groups = group_by_size(attempts)
    assert [(g.least, g.most, g.attempts) for g in groups] == [(0, 1, 8), (2, 3, 8), (4, 5, 8), (6, 7, 8)]
    assert all(g.auc.value == 1.0 and g.reason == "" for g in groups)
    (only,) = group_by_size([Sized("i", True, 0.5, 3)] * 5)
    assert np.isnan(only.auc.value)
    assert only.reason == "0 of 5 attempts are unresolved, at least 2 needed"
    assert group_by_size([]) == []


def test_quality_of_one_outcome_or_of_no_numbers_says_why(
    instance: Callable[..., Instance], trajectory: Callable[..., Trajectory]
) -> None:
    made = {each.rollout_id: each for each in (trajectory("a", n) for n in range(3))}
    unresolved = {key: Verdict(key, "a", "unresolved", "tests") for key in made}
    found = verifier_quality(dict.fromkeys(made, 0.5), unresolved, [instance("a")], made)
    assert found["overall"]["reason"] == "0 of 3 attempts are resolved, at least 2 needed"
    assert found["overall"]["auc"]["value"] is found["overall"]["point_biserial"] is None
    assert found["by_size"]["turns"][0]["attempts"] == 3
    nothing = verifier_quality(dict.fromkeys(made, float("nan")), unresolved, [instance("a")], made)
    assert nothing["overall"]["missing_scores"] == 3
    assert nothing["overall"]["calibration_error"] is None

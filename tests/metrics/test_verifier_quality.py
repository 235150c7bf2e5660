"""The quality of verifier scores."""

from collections.abc import Callable

import numpy as np
import pytest

from repodojo.metrics.reliability import calibration_error
from repodojo.metrics.verifier_quality import Scored, auc_within_instance, verifier_quality
from repodojo.types import Instance, Verdict


def test_scores_that_only_know_hard_instances_do_not_tell_attempts_apart() -> None:
    attempts = [
        Scored(name, resolved, score)
        for name, score in (("a", 0.9), ("b", 0.1))
        for resolved in (True, False)
    ]
    assert auc_within_instance(attempts).value == 0.5
    perfect = [
        Scored("a", True, 0.2),
        Scored("a", False, 0.1),
        Scored("b", True, 0.9),
        Scored("b", False, None),
    ]
    assert auc_within_instance(perfect).value == 1.0
    assert np.isnan(auc_within_instance([Scored("a", True, 0.2)]).value)


def test_calibration_error_of_known_cases() -> None:
    assert calibration_error([0.25] * 4, [True, False, False, False]) == pytest.approx(0.0)
    assert calibration_error([1.0, 1.0], [False, True]) == pytest.approx(0.5)
    assert calibration_error([0.95, 0.05], [False, True]) == pytest.approx(0.95)
    assert np.isnan(calibration_error([], []))


def test_quality_overall_and_by_project(instance: Callable[..., Instance]) -> None:
    rows = [
        ("a.0", "a", "resolved", 0.9),
        ("a.1", "a", "unresolved", 0.2),
        ("b.0", "b", "unresolved", None),
        ("b.1", "b", "resolved", 0.6),
        ("b.2", "b", "not_measured", 0.99),
    ]
    verdicts = {key: Verdict(key, name, outcome, "tests") for key, name, outcome, _ in rows}
    scores = {key: score for key, _, _, score in rows}
    found = verifier_quality(scores, verdicts, [instance("a", "o/x"), instance("b", "o/y")])
    overall = found["overall"]
    assert (overall["attempts"], overall["missing_scores"]) == (4, 1)
    assert overall["auc"]["value"] == overall["auc_within_instance"]["value"] == 1.0
    assert overall["resolved"]["mean"] == pytest.approx(0.75)
    assert overall["unresolved"] == {"n": 1, "mean": 0.2, "deviation": 0.0, "median": 0.2, "reason": ""}
    assert overall["brier"]["value"] == pytest.approx((0.01 + 0.04 + 0.16) / 3)
    assert list(found["projects"]) == ["o/x", "o/y"]
    assert found["projects"]["o/y"]["attempts"] == 2


def test_quality_of_nothing_is_undefined() -> None:
    overall = verifier_quality({}, {}, [])["overall"]
    assert overall["attempts"] == 0
    assert overall["auc"]["value"] is overall["calibration_error"] is overall["brier"]["value"] is None

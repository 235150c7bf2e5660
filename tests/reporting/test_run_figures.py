"""Figures of the verifier's scores and of stopping early, where there is little or nothing to draw."""

from typing import Any
from xml.etree import ElementTree

import pytest

from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.stopping_rule import fit_stopping_rule, measure_stopping_rule
from repodojo.metrics.verifier_quality import verifier_quality
from repodojo.reporting.figures import draw_figures_of
from repodojo.reporting.training_figures import data_words
from repodojo.types import Instance, Outcome, Trajectory, Verdict
from repodojo.verifier.comparison import compare_verifier, own_matrices
from repodojo.verifier.features import attempt_features
from repodojo.verifier.fits import fit_all, score_baselines, score_fitted


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ((), "there are no attempts"),
        (("unresolved",) * 3, "0 of 3 attempts are resolved, at least 2 needed"),
        (("resolved",) * 3, "0 of 3 attempts are unresolved, at least 2 needed"),
        (("resolved", "unresolved", "unresolved"), "1 of 3 attempts is resolved, at least 2 needed"),
    ],
)
def test_scores_of_one_outcome_or_none_are_drawn_with_the_reason(
    outcomes: tuple[Outcome, ...], reason: str, instances: list[Instance]
) -> None:
    instance = next(each for each in instances if each.split == "held_out")
    name = instance.instance_id
    verdicts = {f"{n}": Verdict(f"{n}", name, found, "tests") for n, found in enumerate(outcomes)}
    scores = {key: 0.1 + 0.4 * n for n, key in enumerate(verdicts)}
    made = {
        key: Trajectory(*(key, name, "p", "s", n, 0.0, 0), (), (), instance.patch, "Submitted")
        for n, key in enumerate(verdicts)
    }
    tried, fits = attempt_features(made, verdicts, scores, {name: instance}), fit_all([], frozenset())
    alternatives = score_baselines(tried, fits) | score_fitted(tried, fits)
    rule = fit_stopping_rule([], ScalingSettings())
    found = {
        "verifier_quality": verifier_quality(scores, verdicts, [instance]),
        "verifier_comparison": compare_verifier(tried, alternatives, fits),
        "adaptive_attempts": measure_stopping_rule(own_matrices(tried), rule),
    }
    drawn = draw_figures_of(found, ("figure_adaptive", "figure_verifier"))
    texts = {key: "".join(ElementTree.fromstring(svg).itertext()) for key, svg in drawn.items()}
    assert f"undefined: {reason}" in texts["figure_verifier"]
    assert f"resolved, n {outcomes.count('resolved')}" in texts["figure_verifier"]
    assert "undefined: there are no attempts" in texts["figure_adaptive"]
    assert "nan" not in "".join(drawn.values()).lower()


def test_figure_1_has_both_of_the_papers_fits_and_says_what_ours_lacks(results: dict[str, Any]) -> None:
    """Its upper half, the training, was left out."""
    svg = draw_figures_of(results, ["figure_1"])["figure_1"]
    assert "k attempts: 4.53 ln k +19.55, R² 0.997" in svg
    assert "n trajectories: 7.04 ln n -22.65, R² 0.984" in svg
    assert "training: 3 of 3 points not measured, run" in svg
    row = {"value": 0.1, "low": 0.0, "high": 0.2}
    measured = {
        name: {"resolve_rate": row | {"value": value}, "reason": ""}
        for name, value in (("all", 0.3), ("all_25", 0.1), ("all_50", 0.2))
    }
    svg = draw_figures_of(results | {"ablation_results": measured}, ["figure_1"])["figure_1"]
    assert "not measured" not in svg
    assert svg.count("n trajectories: ") == 2


def test_figure_5_names_the_data_that_the_verifier_learned_from(results: dict[str, Any]) -> None:
    """It said mixture, whatever was asked for."""
    assert (
        data_words({"mix": "off_policy", "negatives_per_positive": 2.0}) == "off-policy, twice the negatives"
    )
    asked = {"verifier_data": {"mix": "on_policy", "negatives_per_positive": 1.0}}
    svg = draw_figures_of(results | asked, ["figure_5"])["figure_5"]
    assert "not measured: mixture; off-policy" in svg
    assert "kedro run --params verifier.mix=" in svg

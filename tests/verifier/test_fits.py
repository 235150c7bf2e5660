"""Features, baselines, calibration and hybrid: fitted on training attempts, undefined with a reason."""

import random
from collections.abc import Callable
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.metrics.reliability import calibration_error
from repodojo.types import Instance, Trajectory, Verdict, from_json, to_json
from repodojo.verifier.agreement import agreement, normalise_patch
from repodojo.verifier.calibration import Temperature, calibrate, fit_temperature, logit
from repodojo.verifier.comparison import compare_verifier
from repodojo.verifier.features import (
    AttemptFeatures,
    attempt_features,
    last_command_passed,
    regression_share,
)
from repodojo.verifier.fits import BASELINES, Fits, fit_all, score_baselines, score_fitted
from repodojo.verifier.linear import fit_linear, predict

Build = Callable[..., AttemptFeatures]


def drawn(features: Build, count: int, split: str = "train", seed: int = 0) -> list[AttemptFeatures]:
    """Attempts whose scores say much about the outcome, two at each instance."""
    generator = random.Random(f"{split}{seed}")
    attempts = []
    for number in range(count):
        outcome = "resolved" if generator.random() < 0.4 else "unresolved"
        score = min(0.99, max(0.01, (0.7 if outcome == "resolved" else 0.3) + generator.gauss(0, 0.2)))
        name = f"{split}{number // 2}"
        attempts.append(features(name, number % 2, outcome, score, repo=f"o/r{number % 3}", split=split))
    return attempts


def test_the_last_command_before_the_submission_counts(trajectory: Callable[..., Trajectory]) -> None:
    submit = ("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT", 0)
    assert last_command_passed(trajectory(commands=[("pytest", 0), submit]))
    assert not last_command_passed(trajectory(commands=[("ls", 0), ("pytest", 1), submit]))
    assert not last_command_passed(trajectory(commands=[(None, None), submit]))


def test_the_same_change_agrees_whatever_surrounds_it(
    patch: str, trajectory: Callable[..., Trajectory]
) -> None:
    other = patch.replace("@@ -3,2 +3,2 @@ def f():", "@@ -3,3 +3,4 @@") + "+    # a note\n"
    patches = [patch, other, patch.replace("b = 3", "b = 4"), ""]
    made = [trajectory("i", n, patch=text) for n, text in enumerate(patches)]
    assert normalise_patch(patch) == normalise_patch(other) != ""
    assert agreement(made) == {"i.0": 1 / 3, "i.1": 1 / 3, "i.2": 0.0, "i.3": 0.0}
    assert agreement([trajectory("j")]) == {"j.0": 0.0}


@given(st.text(alphabet="ab+- #\n@", max_size=60))
def test_normalising_any_text_is_stable(text: str) -> None:
    assert normalise_patch(normalise_patch(text)) == normalise_patch(text)


def test_only_the_tests_that_passed_before_are_looked_at(instance: Callable[..., Instance]) -> None:
    one = instance("i")
    broken = Verdict("i.0", "i", "unresolved", "tests", ("new", "old"))
    assert regression_share(broken, one) == 0.5
    assert regression_share(Verdict("i.0", "i", "unresolved", "tests", ("new",)), one) == 1.0
    assert (
        regression_share(Verdict("i.0", "i", "unresolved", "empty_patch", ("new", "old", "older")), one)
        is None
    )
    assert regression_share(None, one) is None


def test_features_join_verdict_score_and_instance(
    trajectory: Callable[..., Trajectory], instance: Callable[..., Instance]
) -> None:
    made = {t.rollout_id: t for t in (trajectory("i", 0), trajectory("i", 1, patch=""))}
    verdicts = {"i.0": Verdict("i.0", "i", "resolved", "tests")}
    found = attempt_features(made, verdicts, {"i.0": 0.7}, {"i": instance("i", "o/x")})
    assert [(f.outcome, f.score, f.repo) for f in found] == [
        ("resolved", 0.7, "o/x"),
        ("not_measured", None, "o/x"),
    ]
    assert (found[0].plain["empty_patch"], found[1].plain["empty_patch"]) == (0.0, 1.0)
    assert from_json(AttemptFeatures, to_json(found[0])) == found[0]


def test_a_linear_fit_finds_the_feature_that_tells() -> None:
    generator = random.Random(1)
    labels = [generator.random() < 0.5 for _ in range(200)]
    rows = [[float(r) + generator.gauss(0, 0.5), 3.0, generator.random()] for r in labels]
    fit = fit_linear(("good", "constant", "noise"), rows, labels)
    assert fit.weights[0] > 5 * abs(fit.weights[2])
    assert fit.weights[1] == 0
    assert predict(fit, [2.0, 3.0, 0.5]) > 0.9
    assert predict(fit, [-1.0, 3.0, 0.5]) < 0.1
    assert predict(fit, [None, None, nan]) == pytest.approx(sum(labels) / 200, abs=0.1)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([], "there are no attempts"),
        ([True] * 30, "0 of 30 attempts are unresolved, at least 5 needed"),
        ([False] * 30, "0 of 30 attempts are resolved, at least 5 needed"),
        ([True, False], "1 of 2 attempts is resolved, at least 5 needed"),
    ],
)
def test_fits_without_both_outcomes_say_why(labels: list[bool], reason: str) -> None:
    fit = fit_linear(("x",), [[1.0]] * len(labels), labels)
    temperature = fit_temperature([0.5] * len(labels), labels)
    assert fit.reason == temperature.reason == reason
    assert isnan(predict(fit, [1.0]))
    assert temperature.value is calibrate(0.5, temperature) is None


def test_a_temperature_mends_scores_that_are_too_sure() -> None:
    generator = random.Random(2)
    honest = [generator.random() for _ in range(2_000)]
    labels = [generator.random() < p for p in honest]
    sure = [1 / (1 + (1 / p - 1) ** 3) for p in honest]
    fitted = fit_temperature([*sure, None, nan], [*labels, True, False])
    assert fitted.value == pytest.approx(3.0, rel=0.15)
    assert fitted.n == 2_000
    mended = [calibrate(p, fitted) for p in sure]
    assert (
        calibration_error([m for m in mended if m is not None], labels) < calibration_error(sure, labels) / 2
    )
    ranked = [m for _, m in sorted(zip(sure, mended, strict=True)) if m is not None]
    assert ranked == sorted(ranked)


@given(st.floats(0, 1), st.floats(0.05, 100))
def test_calibrated_scores_stay_probabilities_on_their_side(score: float, temperature: float) -> None:
    found = calibrate(score, Temperature(temperature))
    assert found is not None
    assert 0 <= found <= 1
    assert (found > 0.5) == (score > 0.5) or abs(logit(score)) < 1e-9


def test_nothing_is_fitted_on_held_out_instances(features: Build) -> None:
    with pytest.raises(InputError, match=r"h\.0: expected an instance of split 'train', found 'held_out'"):
        fit_all([features("h", 0, "resolved", 0.5, split="held_out")], frozenset())


def test_fits_on_scores_keep_to_repositories_that_the_verifier_never_saw(features: Build) -> None:
    attempts = drawn(features, 120)
    seen, unseen = fit_all(attempts, frozenset()), fit_all(attempts, frozenset({"o/r1"}))
    assert seen.verifier_saw_them
    assert not unseen.verifier_saw_them
    assert (unseen.repos, unseen.temperature.n, unseen.linear.n) == (("o/r1",), 40, 120)
    assert from_json(Fits, to_json(unseen)) == unseen


def test_the_verifier_is_compared_with_every_baseline_on_the_same_attempts(features: Build) -> None:
    fits = fit_all(drawn(features, 120), frozenset())
    held_out = drawn(features, 120, "held_out")
    held_out.append(features("held_out60", 0, "not_measured", None, split="held_out"))
    alternatives = score_baselines(held_out, fits) | score_fitted(held_out, fits)
    found = compare_verifier(held_out, alternatives, fits)
    assert found["scorers"].keys() == {"verifier", "hybrid", "linear", *BASELINES}
    assert found["scorers"]["random"]["auc"]["value"] == 0.5
    assert found["scorers"]["random"]["gap_closed"]["value"] == pytest.approx(0.0)
    assert found["attempts"] == 120
    # In these attempts turns tell the outcome entirely, so the verifier cannot win.
    assert found["scorers"]["fewest_turns"]["auc"]["value"] == 1.0
    assert found["beats_every_baseline"] is False
    assert set(found["not_beaten"]) == {"fewest_turns", "linear"}
    assert found["calibration"]["after"]["n"] == found["calibration"]["before"]["n"] == 120


def test_a_comparison_of_one_outcome_says_why_it_is_undefined(features: Build) -> None:
    fits = fit_all([], frozenset())
    held_out = [features("h", n, "unresolved", 0.5, split="held_out") for n in range(4)]
    alternatives = score_baselines(held_out, fits) | score_fitted(held_out, fits)
    found = compare_verifier(held_out, alternatives, fits)
    assert found["reason"] == "0 of 4 attempts are resolved, at least 2 needed"
    assert found["beats_every_baseline"] is found["not_beaten"] is None
    assert found["scorers"]["verifier"]["auc"]["value"] is None
    assert found["scorers"]["linear"]["missing_scores"] == 4
    assert found["calibration"]["after"]["reason"] == "no measured attempt has such a score"
    assert compare_verifier([], score_baselines([], fits) | score_fitted([], fits), fits)["attempts"] == 0


def test_a_verifier_without_any_score_is_not_told_to_rank_as_chance_does(features: Build) -> None:
    """Its AUC was 50.0 [50.0, 50.0], which nothing was measured for."""
    fits = fit_all([], frozenset())
    outcomes = ("resolved", "unresolved", "resolved", "unresolved")
    held_out = [features("h", n, each, None, split="held_out") for n, each in enumerate(outcomes)]
    found = compare_verifier(held_out, score_baselines(held_out, fits) | score_fitted(held_out, fits), fits)
    scorers = found["scorers"]
    assert found["reason"] == scorers["verifier"]["auc"]["reason"] == "no attempt has a score"
    assert scorers["verifier"]["auc"]["value"] is found["beats_every_baseline"] is None
    assert scorers["random"]["auc"]["value"] == 0.5
    assert scorers["random"]["reference_auc_minus"]["reason"] == "no attempt has a score"


@pytest.mark.parametrize(("one", "other"), [("++i;", "++j;"), ("#include <x.h>", "#include <y.h>")])
def test_what_looks_like_a_header_or_a_comment_elsewhere_tells_changes_apart(one: str, other: str) -> None:
    """``++i`` was taken for a header, and ``#include`` of any file for a comment."""
    header = "diff --git a/m.c b/m.c\n--- a/m.c\n+++ b/m.c\n@@ -0,0 +1 @@\n+"
    assert len({normalise_patch(f"{header}{line}\n") for line in (one, other)} - {""}) == 2

"""What is fitted on attempts at training instances, and how it and the baselines score other attempts.

Nothing here sees a held-out instance while fitting. The baselines are what a verifier must beat; the hybrid
is the verifier with the agreement among patches and, where they were run, the regression tests.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from repodojo.errors import InputError
from repodojo.types import SCHEMA_VERSION
from repodojo.verifier.calibration import Temperature, calibrate, fit_temperature, logit
from repodojo.verifier.features import PLAIN, AttemptFeatures
from repodojo.verifier.linear import LinearFit, fit_linear, predict

HYBRID = ("verifier_logit", "agreement", "regression")
Scores = dict[str, float | None]


@dataclass(frozen=True)
class Fits:
    """Everything that is fitted."""

    linear: LinearFit
    """On `PLAIN`: the strongest baseline."""
    hybrid: LinearFit
    """On `HYBRID`."""
    temperature: Temperature
    repos: tuple[str, ...]
    """The repositories that the fits rest on."""
    verifier_saw_them: bool
    """Whether the verifier was trained on attempts at the same repositories: its scores there flatter it."""
    schema_version: int = SCHEMA_VERSION


def fit_all(attempts: Sequence[AttemptFeatures], held_back: frozenset[str]) -> Fits:
    """Fit on measured attempts at training instances.

    What rests on verifier scores is fitted on ``held_back`` repositories alone, if there are any.

    Raises:
        InputError: an attempt is at an instance that is not of split ``train``.
    """
    for each in attempts:
        if each.split != "train":
            raise InputError(
                f"{each.rollout_id}: expected an instance of split 'train', found '{each.split}'; "
                "nothing is fitted on held-out instances"
            )
    measured = [each for each in attempts if each.outcome != "not_measured"]
    unseen = [each for each in measured if each.repo in held_back]
    scored = [each for each in (unseen if held_back else measured) if each.score is not None]
    labels = [each.resolved for each in scored]
    return Fits(
        fit_linear(tuple(PLAIN), [_plain(each) for each in measured], [each.resolved for each in measured]),
        fit_linear(HYBRID, [_hybrid(each) for each in scored], labels),
        fit_temperature([each.score for each in scored], labels),
        tuple(sorted({each.repo for each in scored})),
        not held_back,
    )


def score_baselines(attempts: Sequence[AttemptFeatures], fits: Fits) -> dict[str, Scores]:
    """Score attempts by each baseline; higher is better, None ranks last."""
    found: dict[str, Scores] = {
        name: {each.rollout_id: score(each) for each in attempts} for name, score in BASELINES.items()
    }
    linear: Scores = {each.rollout_id: _none_if_nan(predict(fits.linear, _plain(each))) for each in attempts}
    return found | {"linear": linear}


def score_fitted(attempts: Sequence[AttemptFeatures], fits: Fits) -> dict[str, Scores]:
    """Score attempts by the calibrated verifier and by the hybrid; without a verifier score there is none."""
    return {
        "calibrated": {each.rollout_id: calibrate(each.score, fits.temperature) for each in attempts},
        "hybrid": {
            each.rollout_id: None if each.score is None else _none_if_nan(predict(fits.hybrid, _hybrid(each)))
            for each in attempts
        },
    }


BASELINES: Mapping[str, Callable[[AttemptFeatures], float]] = {
    "random": lambda _: 0.0,
    "shortest": lambda each: -each.plain["log_characters"],
    "fewest_turns": lambda each: -each.plain["turns"],
    "last_command_passed": lambda each: each.plain["last_command_passed"],
}
"""Scores without a fit; ``random`` ties all attempts, and ties are broken by chance everywhere."""


def _plain(each: AttemptFeatures) -> list[float | None]:
    return [each.plain[name] for name in PLAIN]


def _hybrid(each: AttemptFeatures) -> list[float | None]:
    return [None if each.score is None else logit(each.score), each.agreement, each.regression]


def _none_if_nan(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124 - NaN alone differs from itself

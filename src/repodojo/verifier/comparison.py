"""The verifier beside its baselines, its hybrid, and itself after calibration, on held-out attempts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repodojo.metrics.matrices import AttemptMatrices, attempt_matrices
from repodojo.metrics.plain import plain
from repodojo.metrics.reliability import calibration_error, reliability_curve
from repodojo.metrics.scorer_comparison import compare_scorers
from repodojo.types import to_json
from repodojo.verifier.features import AttemptFeatures
from repodojo.verifier.fits import BASELINES, Fits, Scores

VERIFIER = "verifier"


def compare_verifier(
    attempts: Sequence[AttemptFeatures], alternatives: Mapping[str, Scores], fits: Fits
) -> dict[str, Any]:
    """Compare scorers of the same attempts as JSON-compatible values; None is undefined.

    ``alternatives`` are scores by rollout_id, by name of the scorer. The calibrated verifier ranks as the
    verifier does, and is measured by its calibration only.
    """
    own = own_scores(attempts)
    ranked = {VERIFIER: own} | {name: s for name, s in alternatives.items() if name != "calibrated"}
    matrices = {name: feature_matrices(attempts, scores) for name, scores in ranked.items()}
    found = compare_scorers(matrices, VERIFIER, [*BASELINES, "linear"])
    calibration = {
        "before": _calibration(attempts, own),
        "after": _calibration(attempts, alternatives["calibrated"]),
    }
    return found | {"calibration": calibration, "fits": to_json(fits)}


def feature_matrices(
    attempts: Iterable[AttemptFeatures], scores: Mapping[str, float | None]
) -> AttemptMatrices:
    """Arrange one policy's attempts, and scores of them, by instance and attempt."""
    by_id = {each.rollout_id: each for each in attempts}
    names = sorted({each.instance_id for each in by_id.values()})
    return attempt_matrices(names, by_id.values(), by_id, scores)


def own_scores(attempts: Iterable[AttemptFeatures]) -> Scores:
    """Return the verifier's own scores by rollout_id."""
    return {each.rollout_id: each.score for each in attempts}


def own_matrices(attempts: Sequence[AttemptFeatures]) -> AttemptMatrices:
    """Arrange attempts with the verifier's own scores."""
    return feature_matrices(attempts, own_scores(attempts))


def _calibration(attempts: Iterable[AttemptFeatures], scores: Mapping[str, float | None]) -> Any:
    pairs = [
        (score, each.resolved)
        for each in attempts
        if each.outcome != "not_measured" and (score := scores[each.rollout_id]) is not None
    ]
    values, labels = [score for score, _ in pairs], [resolved for _, resolved in pairs]
    return plain(
        {
            "n": len(pairs),
            "error": calibration_error(values, labels),
            "curve": reliability_curve(values, labels),
            "reason": "" if pairs else "no measured attempt has such a score",
        }
    )

"""How good verifier scores are: ranking (AUC), calibration, and their distribution by outcome.

Over attempts with a score that were measured; missing scores are counted apart, and rank lowest in the AUCs.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from repodojo.metrics.auc import auc_estimate
from repodojo.metrics.bootstrap import Estimate, pooled_estimate, ratio_estimate, undefined
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import NO_SCORES, why_undefined
from repodojo.metrics.reliability import calibration_error, point_biserial, reliability_curve, score_histogram
from repodojo.metrics.score_groups import size_groups
from repodojo.types import Instance, Trajectory, Verdict


class Scored(NamedTuple):
    """One measured attempt."""

    instance_id: str
    resolved: bool
    score: float | None


class Distribution(NamedTuple):
    """Scores of one outcome."""

    n: int
    mean: float
    deviation: float
    median: float
    reason: str = ""
    """Why it is undefined; empty where it is not."""


def verifier_quality(
    scores: Mapping[str, float | None],
    verdicts: Mapping[str, Verdict],
    instances: Iterable[Instance],
    trajectories: Mapping[str, Trajectory] | None = None,
) -> dict[str, Any]:
    """Measure scores against verdicts, overall and for each repository; None is undefined, with its reason.

    Scores, verdicts and trajectories are by rollout_id; without trajectories nothing is said by size.
    """
    repo_of = {instance.instance_id: instance.repo for instance in instances}
    attempts = {
        rollout_id: Scored(verdict.instance_id, verdict.resolved, finite(scores[rollout_id]))
        for rollout_id, verdict in sorted(verdicts.items())
        if rollout_id in scores and verdict.outcome != "not_measured"
    }
    parts: dict[str, list[Scored]] = {}
    for each in attempts.values():
        parts.setdefault(repo_of[each.instance_id], []).append(each)
    projects = {repo: _quality(parts[repo]) for repo in sorted(parts)}
    overall = _quality(list(attempts.values())) | _curves(list(attempts.values()))
    sizes = size_groups(attempts, trajectories or {})
    result: dict[str, Any] = plain({"overall": overall, "by_size": sizes, "projects": projects})
    return result


def finite(score: float | None) -> float | None:
    """Return the score; one that is no finite number is as good as missing."""
    return score if score is not None and isfinite(score) else None


def _quality(attempts: Sequence[Scored]) -> dict[str, Any]:
    given = [each for each in attempts if each.score is not None]
    kinds = {name: [a.score for a in given if a.resolved is kind] for name, kind in _KINDS}
    reason = why_undefined([each.resolved for each in attempts]) or ("" if given else NO_SCORES)
    names = [each.instance_id for each in attempts]
    nothing = undefined(reason, len(set(names)))
    return {
        "attempts": len(attempts),
        "successes": sum(each.resolved for each in attempts),
        "missing_scores": len(attempts) - len(given),
        "reason": reason,
        "auc": nothing if reason else auc_estimate(*_columns(attempts), names),
        "auc_within_instance": nothing if reason else auc_within_instance(attempts),
        "point_biserial": nan if reason else point_biserial(*_given(attempts)),
        "brier": _brier(given),
        "calibration_error": calibration_error(*_given(attempts)),
    } | {name: _distribution(found) for name, found in kinds.items()}


def _curves(attempts: Sequence[Scored]) -> dict[str, Any]:
    """Return what is drawn: the reliability curve and the distribution of scores by outcome."""
    given = _given(attempts)
    return {"reliability": reliability_curve(*given), "histogram": score_histogram(*given)}


_KINDS = (("resolved", True), ("unresolved", False))


def auc_within_instance(attempts: Iterable[Scored]) -> Estimate:
    """Estimate the chance that a resolved attempt outscores an unresolved one *of the same instance*.

    It is what best@k lives on: scores that only tell easy instances from hard ones give 0.5. All pairs weigh
    alike.
    """
    groups: dict[str, list[Scored]] = {}
    for each in attempts:
        groups.setdefault(each.instance_id, []).append(each)
    won, pairs = [], []
    for group in groups.values():
        keys = [(-np.inf if a.score is None else a.score, a.resolved) for a in group]
        wins = [(a > b) + (a == b) / 2 for a, good in keys if good for b, bad in keys if not bad]
        won.append(float(sum(wins)))
        pairs.append(float(len(wins)))
    return ratio_estimate(won, pairs, over_nothing="no instance has attempts of both outcomes")


def _columns(attempts: Sequence[Scored]) -> tuple[list[float | None], list[bool]]:
    return [each.score for each in attempts], [each.resolved for each in attempts]


def _given(attempts: Sequence[Scored]) -> tuple[list[float], list[bool]]:
    given = [(each.score, each.resolved) for each in attempts if each.score is not None]
    return [score for score, _ in given], [resolved for _, resolved in given]


def _brier(given: Sequence[Scored]) -> Estimate:
    """Estimate the mean squared error of the scores, an instance's attempts kept together."""
    errors: dict[str, list[float]] = {}
    for each in given:
        errors.setdefault(each.instance_id, []).append(((each.score or 0.0) - each.resolved) ** 2)
    if not given:
        return undefined(NO_SCORES)
    return pooled_estimate(errors.values(), over_nothing=NO_SCORES)


def _distribution(found: Sequence[float | None]) -> Distribution:
    values = np.array(found, dtype=np.float64)
    if not len(values):
        return Distribution(0, nan, nan, nan, "no such attempt has a score")
    return Distribution(len(values), float(values.mean()), float(values.std()), float(np.median(values)))

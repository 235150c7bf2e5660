"""How good verifier scores are: ranking (AUC), calibration, and their distribution by outcome.

Over attempts with a score that were measured; missing scores are counted apart, and rank lowest in the AUCs.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

import numpy as np

from repodojo.metrics.auc import auc_estimate
from repodojo.metrics.bootstrap import Estimate, ratio_estimate
from repodojo.metrics.plain import plain
from repodojo.types import Instance, Verdict

BINS = 10


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


def verifier_quality(
    scores: Mapping[str, float | None], verdicts: Mapping[str, Verdict], instances: Iterable[Instance]
) -> dict[str, Any]:
    """Measure scores, by rollout_id, against verdicts, overall and for each repository; None is undefined."""
    repo_of = {instance.instance_id: instance.repo for instance in instances}
    attempts = [
        Scored(verdict.instance_id, verdict.resolved, scores[rollout_id])
        for rollout_id, verdict in sorted(verdicts.items())
        if rollout_id in scores and verdict.outcome != "not_measured"
    ]
    repos = sorted({repo_of[each.instance_id] for each in attempts})
    projects = {repo: _quality([a for a in attempts if repo_of[a.instance_id] == repo]) for repo in repos}
    result: dict[str, Any] = plain({"overall": _quality(attempts), "projects": projects})
    return result


def _quality(attempts: Sequence[Scored]) -> dict[str, Any]:
    given = [each for each in attempts if each.score is not None]
    kinds = {name: [a.score for a in given if a.resolved is kind] for name, kind in _KINDS}
    return {
        "attempts": len(attempts),
        "missing_scores": len(attempts) - len(given),
        "auc": auc_estimate(*_columns(attempts), [each.instance_id for each in attempts]),
        "auc_within_instance": auc_within_instance(attempts),
        "brier": _brier(given),
        "calibration_error": calibration_error(*_columns(given)),
    } | {name: _distribution(found) for name, found in kinds.items()}


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
    return ratio_estimate(won, pairs)


def calibration_error(scores: Sequence[float | None], resolved: Sequence[bool]) -> float:
    """Return the expected calibration error in ten equal bins (Guo et al. 2017); NaN without scores."""
    if not scores:
        return nan
    values, labels = np.array(scores, dtype=np.float64), np.array(resolved, dtype=np.float64)
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    gaps = [abs(float((values - labels)[bins == b].sum())) for b in range(BINS)]
    return sum(gaps) / len(values)


def _columns(attempts: Sequence[Scored]) -> tuple[list[float | None], list[bool]]:
    return [each.score for each in attempts], [each.resolved for each in attempts]


def _brier(given: Sequence[Scored]) -> Estimate:
    """Estimate the mean squared error of the scores, an instance's attempts kept together."""
    errors: dict[str, list[float]] = {}
    for each in given:
        errors.setdefault(each.instance_id, []).append(((each.score or 0.0) - each.resolved) ** 2)
    return ratio_estimate([sum(row) for row in errors.values()], [len(row) for row in errors.values()])


def _distribution(found: Sequence[float | None]) -> Distribution:
    values = np.array(found, dtype=np.float64)
    if not len(values):
        return Distribution(0, nan, nan, nan)
    return Distribution(len(values), float(values.mean()), float(values.std()), float(np.median(values)))

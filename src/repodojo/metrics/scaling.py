"""Inference-time scaling: every curve over k, its baselines, and what the verifier gains.

All exact expectations over subsets of the attempts made, all intervals by resampling instances. ``greedy`` is
attempt 0. The paper's simulation of the same curves stands beside them as ``paper_smoothed``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from repodojo.metrics.auc import auc_estimate
from repodojo.metrics.best_at_k import best_at_k
from repodojo.metrics.bootstrap import mean_estimate, undefined
from repodojo.metrics.gap_closed import gap_at_k
from repodojo.metrics.log_fit import log_fit
from repodojo.metrics.majority import majority_vote
from repodojo.metrics.matrices import AttemptMatrices, attempt_matrices, patch_rows
from repodojo.metrics.paired_difference import paired_difference
from repodojo.metrics.pass_at_k import pass_at_k
from repodojo.metrics.plain import plain
from repodojo.metrics.random_at_k import random_at_k
from repodojo.metrics.reasons import NO_INSTANCES
from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.smoothed import moatless_smoothed, paper_smoothed
from repodojo.types import Instance, Trajectory, Verdict


def scale_attempts(
    instances: Sequence[Instance],
    trajectories: Iterable[Trajectory],
    verdicts: Mapping[str, Verdict],
    scores: Mapping[str, float | None],
    settings: ScalingSettings,
) -> dict[str, Any]:
    """Measure the attempts at all instances together and at each repository's alone.

    Verdicts and scores are by rollout_id.
    """
    listed = list(trajectories)
    repo_of = {instance.instance_id: instance.repo for instance in instances}
    attempts = attempt_matrices(list(repo_of), listed, verdicts, scores)
    patches = patch_rows(attempts, listed)
    projects = {}
    for repo in sorted(set(repo_of.values())):
        part = attempts.rows(name for name in attempts.instance_ids if repo_of[name] == repo)
        projects[repo] = measure_scaling(part, patches, settings)
    overall = measure_scaling(attempts, patches, settings)
    return {"max_k": settings.max_k, "overall": overall, "projects": projects}


def measure_scaling(
    attempts: AttemptMatrices, patches: Mapping[str, Sequence[str]], settings: ScalingSettings
) -> dict[str, Any]:
    """Measure one set of attempts, as JSON-compatible values; None is undefined.

    ``patches`` gives each instance's patches by attempt.
    """
    outcomes, scores, seed = attempts.outcomes, attempts.scores, settings.seed
    ks = range(1, settings.max_k + 1)
    curves = {
        "pass_at_k": pass_at_k(outcomes, ks, seed=seed),
        "best_at_k": best_at_k(outcomes, scores, ks, seed=seed),
        "random_at_k": random_at_k(outcomes, ks, seed=seed),
    }
    named = [patches[name] for name in attempts.instance_ids]
    found = {
        "instances": len(outcomes),
        "attempts": outcomes.shape[1],
        "not_measured": int(np.isnan(outcomes).sum()),
        "missing_scores": int(np.isnan(scores).sum()),
        "majority": majority_vote(outcomes, named, seed=seed),
        "auc": _auc(attempts, seed),
        "best_fit": log_fit(ks[1:], [point.value for point in curves["best_at_k"][1:]]),
        "paper_smoothed": {point.k: point for point in paper_smoothed(outcomes, scores, seed=seed)},
        "moatless_smoothed": {point.k: point for point in moatless_smoothed(outcomes, scores, seed=seed)},
    }
    by_k = {name: {point.k: point for point in points} for name, points in curves.items()}
    result: dict[str, Any] = plain(found | by_k | _comparisons(attempts, settings))
    return result


def _comparisons(attempts: AttemptMatrices, settings: ScalingSettings) -> dict[str, Any]:
    """Return the greedy attempt, and best@max_k beside it and beside chance, all on the same instances."""
    known, seed = attempts.known, settings.seed
    if not known.size or known.shape[1] < settings.max_k:
        missing = ("greedy", "best_minus_greedy", "best_minus_random", "gap_closed")
        made = f"{known.shape[1]} of {settings.max_k} attempts at each instance"
        return dict.fromkeys(missing, undefined(made if len(known) else NO_INSTANCES, len(known)))
    gap = gap_at_k(attempts, settings.max_k)
    return {
        "greedy": mean_estimate(known[:, 0], seed=seed),
        "best_minus_greedy": paired_difference(gap.best, known[:, 0], seed=seed),
        "best_minus_random": paired_difference(gap.best, gap.chance, seed=seed),
        "gap_closed": gap.closed(gap.best, seed=seed)[0],
    }


def _auc(attempts: AttemptMatrices, seed: int) -> Any:
    """Return how well the scores tell measured attempts apart."""
    measured = ~np.isnan(attempts.outcomes)
    rows = np.broadcast_to(np.arange(len(attempts.outcomes))[:, None], measured.shape)[measured]
    scores = attempts.scores[measured].tolist()
    return auc_estimate(scores, (attempts.outcomes[measured] == 1).tolist(), rows.tolist(), seed=seed)

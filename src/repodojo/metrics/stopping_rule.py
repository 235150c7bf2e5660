"""When to stop attempting: a rule fitted on training projects, and what it is worth on held-out ones.

A rule takes the first attempt whose score reaches its threshold, and gives up after ``at_most`` attempts with
the best of them: no threshold saves attempts at an instance that none of them resolves. The aim, reported
whether it is reached or not: at least 60 % of the gap from one attempt to the oracle at no more than 50 % of
the attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from repodojo.metrics.adaptive_k import FallingScores, by_falling_score, instance_adaptive, thresholds
from repodojo.metrics.bootstrap import Estimate, mean_estimates, undefined
from repodojo.metrics.gap_closed import NO_GAP, Gap, gap_at_k, gap_closed
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import NO_ATTEMPTS, NO_SCORES, why_undefined
from repodojo.metrics.settings import ScalingSettings
from repodojo.types import SCHEMA_VERSION, to_json

AIM_GAP, AIM_ATTEMPTS = 0.6, 0.5


@dataclass(frozen=True)
class StoppingRule:
    """A threshold on the verifier's score and a most of attempts, or the reason why there is none."""

    threshold: float | None
    """None is never sure of an attempt."""
    at_most: int | None = None
    tried: tuple[float, ...] = ()
    instances: int = 0
    mean_attempts: float | None = None
    """What it makes where it was fitted, the largest mean of a policy."""
    reason: str = ""
    schema_version: int = SCHEMA_VERSION


def fit_stopping_rule(training: Sequence[AttemptMatrices], settings: ScalingSettings) -> StoppingRule:
    """Choose the threshold, then how many attempts keep to the share of ``max_k`` that may be used.

    Each member of ``training`` is one policy's attempts at training instances. From the threshold on an
    attempt is rather resolved than not: it tells most outcomes right; of equals it is the most cautious.
    """
    given = [each for each in training if each.outcomes.size]
    labels = [row == 1 for each in given for row in each.outcomes[~np.isnan(each.outcomes)].tolist()]
    tried = thresholds(given)
    finite = tuple(value for value in tried if value < inf)
    rows = sum(len(each.outcomes) for each in given)
    reason = why_undefined(labels) or ("" if finite else NO_SCORES)
    if reason:
        return StoppingRule(None, None, finite, rows, reason=reason)
    threshold = max(tried, key=lambda value: (_told_right(given, value), value))
    budget = settings.attempts_share * settings.max_k
    costs = [max(_attempts_made(each, threshold, k) for each in given) for k in range(1, settings.max_k + 1)]
    at_most = max(1, sum(cost <= budget for cost in costs))
    return StoppingRule(
        threshold if threshold < inf else None, at_most, finite, rows, float(costs[at_most - 1])
    )


def _told_right(training: Sequence[AttemptMatrices], threshold: float) -> int:
    """Count the attempts whose outcome is told by whether their score reaches the threshold."""
    known = [(each.known_scores, each.known == 1) for each in training]
    return sum(int(((scores >= threshold) == good)[~np.isnan(scores)].sum()) for scores, good in known)


def _attempts_made(each: AttemptMatrices, threshold: float, k: int) -> float:
    """Return the mean of the attempts made, at most ``k``, were further ones like those at hand.

    It is no less than what drawing without replacement gives where there are as many as ``k``.
    """
    unsure = 1.0 - (each.known_scores >= threshold).mean(axis=1)
    return float((unsure[:, None] ** np.arange(k)).sum(axis=1).mean())


def measure_stopping_rule(attempts: AttemptMatrices, rule: StoppingRule, *, seed: int = 0) -> dict[str, Any]:
    """Measure a rule on other attempts, and every threshold that was tried, as JSON; None is undefined.

    ``curve`` lets every threshold make all attempts; ``never_sure`` makes ``at_most`` of them always, and
    ``fixed`` each number of them.
    """
    rows, k = attempts.outcomes.shape
    reason = rule.reason or ("" if attempts.outcomes.size else NO_ATTEMPTS)
    at_most, nothing = min(k, rule.at_most or k), undefined(reason, rows)
    found: dict[str, Any] = {
        "k": k,
        "at_most": at_most,
        "instances": rows,
        "rule": to_json(rule),
        "aim": {"gap_closed": AIM_GAP, "attempts_share": AIM_ATTEMPTS},
        "curve": [],
        "fixed": [],
        **dict.fromkeys(("resolve_rate", "mean_attempts", "attempts_share", "gap_closed"), nothing),
        "never_sure": {"resolve_rate": nothing, "gap_closed": nothing},
        "gap_closed_by_all": nothing,
        "reaches_aim": None,
        "reason": reason,
    }
    if attempts.outcomes.size:
        gap, ordered = gap_at_k(attempts, k), by_falling_score(attempts)
        found |= _curves(ordered, gap, rule.tried)
        if not reason:
            threshold = inf if rule.threshold is None else rule.threshold
            found |= _measured(ordered, gap, threshold, at_most, seed)
    result: dict[str, Any] = plain(found)
    return result


def _measured(attempts: FallingScores, gap: Gap, threshold: float, at_most: int, seed: int) -> dict[str, Any]:
    """Measure a threshold, and as many attempts without one; shares and gap are of all attempts at hand."""
    k = attempts.outcomes.shape[1]
    resolved, made = instance_adaptive(attempts, threshold, at_most)
    never = instance_adaptive(attempts, inf, at_most).resolved
    means = mean_estimates(np.column_stack([resolved, never, made / k]), seed=seed)
    closed = gap.closed(resolved, never, gap.best, seed=seed)
    share = means[2]
    found = {
        "resolve_rate": means[0],
        "gap_closed": closed[0],
        "mean_attempts": Estimate(k * share.value, max(1.0, k * share.low), k * share.high, share.n),
        "attempts_share": share,
        "never_sure": {"resolve_rate": means[1], "gap_closed": closed[1]},
        "gap_closed_by_all": closed[2],
    }
    return found | _verdict(closed[0].value, share.value)


def _verdict(closed: float, share: float) -> dict[str, Any]:
    if np.isnan(closed):
        return {"reason": NO_GAP}
    return {"reaches_aim": closed >= AIM_GAP and share <= AIM_ATTEMPTS}


def _curves(attempts: FallingScores, gap: Gap, tried: Sequence[float]) -> dict[str, Any]:
    """Return resolve rate and share of the gap closed over mean attempts, by threshold and by number."""
    k = attempts.outcomes.shape[1]
    one, oracle = float(gap.chance.mean()), float(gap.oracle.mean())

    def point(threshold: float, most: int) -> dict[str, float]:
        resolved, made = instance_adaptive(attempts, threshold, most)
        rate, mean = float(resolved.mean()), float(made.mean())
        return {
            "threshold": threshold,
            "mean_attempts": mean,
            "attempts_share": mean / k,
            "resolve_rate": rate,
            "gap_closed": gap_closed(rate, one, oracle),
        }

    return {
        "curve": [point(threshold, k) for threshold in (*tried, inf)],
        "fixed": [point(inf, most) for most in range(1, k + 1)],
    }

"""When to stop attempting: a threshold fitted on training projects, and what it is worth on held-out ones.

The aim, reported whether it is reached or not: at least 60 % of the gap from one attempt to the oracle at no
more than 50 % of the attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from repodojo.metrics.adaptive_k import instance_adaptive, thresholds
from repodojo.metrics.bootstrap import UNDEFINED, mean_estimate
from repodojo.metrics.gap_closed import gap_at_k
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import why_undefined
from repodojo.types import SCHEMA_VERSION, to_json

AIM_GAP, AIM_ATTEMPTS = 0.6, 0.5


@dataclass(frozen=True)
class StoppingRule:
    """A threshold on the verifier's score, or the reason why there is none."""

    threshold: float | None
    """None is never sure of an attempt."""
    tried: tuple[float, ...] = ()
    instances: int = 0
    attempts_share: float | None = None
    """What it uses of the attempts on the training instances."""
    resolve_rate: float | None = None
    """What it resolves of the training instances."""
    reason: str = ""
    schema_version: int = SCHEMA_VERSION


def fit_stopping_rule(training: Sequence[AttemptMatrices], attempts_share: float) -> StoppingRule:
    """Choose the threshold that resolves most within a mean share of the attempts; of equals the thriftiest.

    Each member of ``training`` is one policy's attempts at training instances; k is all that it made.
    """
    given = [each for each in training if each.outcomes.size]
    labels = [row == 1 for each in given for row in each.outcomes[~np.isnan(each.outcomes)].tolist()]
    tried = thresholds(given)
    finite = tuple(value for value in tried if value < inf)
    rows = sum(len(each.outcomes) for each in given)
    reason = why_undefined(labels) or ("" if finite else "no attempt has a score")
    if reason:
        return StoppingRule(None, finite, rows, reason=reason)
    points = []
    for threshold in tried:
        found = [(instance_adaptive(each, threshold, each.outcomes.shape[1]), each) for each in given]
        share = sum((one.attempts / each.outcomes.shape[1]).sum() for one, each in found) / rows
        points.append((float(sum(one.resolved.sum() for one, _ in found) / rows), -float(share), threshold))
    within = [point for point in points if -point[1] <= attempts_share]
    if not within:
        least = min(-share for _, share, _ in points)
        told = f"every threshold uses more than {attempts_share:.0%} of the attempts, at least {least:.0%}"
        return StoppingRule(None, finite, rows, reason=told)
    rate, share, threshold = max(within)
    return StoppingRule(threshold if threshold < inf else None, finite, rows, -share, rate)


def measure_stopping_rule(attempts: AttemptMatrices, rule: StoppingRule, *, seed: int = 0) -> dict[str, Any]:
    """Measure a rule on other attempts, and every threshold that was tried, as JSON; None is undefined."""
    rows, k = attempts.outcomes.shape
    undefined = UNDEFINED._replace(n=rows)
    found: dict[str, Any] = {
        "k": k,
        "instances": rows,
        "rule": to_json(rule),
        "aim": {"gap_closed": AIM_GAP, "attempts_share": AIM_ATTEMPTS},
        "curve": [] if not attempts.outcomes.size else [_point(attempts, t, k) for t in (*rule.tried, inf)],
        **dict.fromkeys(("resolve_rate", "mean_attempts", "attempts_share", "gap_closed"), undefined),
        "gap_closed_by_all": undefined,
        "reaches_aim": None,
        "reason": rule.reason or ("" if attempts.outcomes.size else "there are no attempts"),
    }
    if not found["reason"]:
        found |= _measured(attempts, inf if rule.threshold is None else rule.threshold, k, seed)
    result: dict[str, Any] = plain(found)
    return result


def _point(attempts: AttemptMatrices, threshold: float, k: int) -> dict[str, float]:
    resolved, made = instance_adaptive(attempts, threshold, k)
    return {
        "threshold": threshold,
        "mean_attempts": float(made.mean()),
        "resolve_rate": float(resolved.mean()),
    }


def _measured(attempts: AttemptMatrices, threshold: float, k: int, seed: int) -> dict[str, Any]:
    resolved, made = instance_adaptive(attempts, threshold, k)
    gap = gap_at_k(attempts, k)
    closed = gap.closed(resolved, seed)
    share = mean_estimate(made / k, seed=seed)
    gapless = bool(np.isnan(closed.value))
    return {
        "resolve_rate": mean_estimate(resolved, seed=seed),
        "mean_attempts": mean_estimate(made, span=(1.0, float(k)), seed=seed),
        "attempts_share": share,
        "gap_closed": closed,
        "gap_closed_by_all": gap.closed(gap.best, seed),
        "reaches_aim": None if gapless else closed.value >= AIM_GAP and share.value <= AIM_ATTEMPTS,
        "reason": "the oracle gains nothing over one attempt" if gapless else "",
    }

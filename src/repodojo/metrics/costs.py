"""What k attempts cost: tokens, seconds and money beside the number of attempts.

The mean over all subsets of k attempts is k times the mean of one, so the axes are exact. What scoring by a
verifier costs is not in them: no record holds it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from repodojo.metrics.bootstrap import Estimate, pooled_estimate
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import NO_ATTEMPTS
from repodojo.metrics.settings import Prices, ScalingSettings
from repodojo.types import Trajectory

Cost = Callable[[Trajectory], float]


def _prompt(each: Trajectory) -> float:
    return sum(turn.prompt_tokens for turn in each.turns)


def _completion(each: Trajectory) -> float:
    return sum(turn.completion_tokens for turn in each.turns)


def axes(prices: Prices) -> dict[str, Cost]:
    """Return what an attempt costs, by axis; ``money`` only where something has a price."""
    named: dict[str, Cost] = {
        "prompt_tokens": _prompt,
        "completion_tokens": _completion,
        "seconds": lambda each: each.duration_s,
    }
    if prices != Prices():
        named["money"] = lambda each: (
            _prompt(each) * prices.prompt_million / 1e6
            + _completion(each) * prices.completion_million / 1e6
            + each.duration_s * prices.hour / 3600
        )
    return named


def attempt_costs(trajectories: Iterable[Trajectory], settings: ScalingSettings) -> dict[str, Any]:
    """Return cost per attempt, with intervals by resampling instances, and the expected cost of k attempts.

    Values are JSON-compatible; None is undefined.
    """
    listed = list(trajectories)
    costs = {name: _per_attempt(listed, cost, settings.seed) for name, cost in axes(settings.prices).items()}
    by_k = {
        k: {"attempts": k} | {name: k * each.value for name, each in costs.items()}
        for k in range(1, settings.max_k + 1)
    }
    reasons = {} if "money" in costs else {"money": "inference_scaling.prices gives no price"}
    if not listed:
        reasons |= dict.fromkeys(costs, NO_ATTEMPTS)
    result: dict[str, Any] = plain(
        {"attempts": len(listed), "per_attempt": costs, "of_k": by_k, "undefined": reasons}
    )
    return result


def _per_attempt(listed: Iterable[Trajectory], cost: Cost, seed: int) -> Estimate:
    costs: dict[str, list[float]] = {}
    for each in listed:
        costs.setdefault(each.instance_id, []).append(cost(each))
    return pooled_estimate(costs.values(), over_nothing=NO_ATTEMPTS, seed=seed)

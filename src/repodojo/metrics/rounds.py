"""Rounds of self-improvement: what each policy does on held-out instances, and whether it got worse."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Metrics = Mapping[str, Any]
Trend = Literal["first", "better", "same", "worse", "undefined"]


def describe_rounds(
    first: Metrics, rounds: Sequence[tuple[Metrics, Metrics, Metrics]]
) -> list[dict[str, Any]]:
    """Return a row for the first policy and one for each round.

    Args:
        first: metrics of the policy that samples the first round.
        rounds: metrics, curation report, and difference to the policy before, of each round.
    """
    rows = [_row(0, first, {"resolved": 0, "chosen": 0, "instances_chosen": 0}, None)]
    for number, (metrics, report, difference) in enumerate(rounds, 1):
        resolved = next(step["after"] for step in report["steps"] if step["name"] == "success")
        counts = {"resolved": resolved, **{key: report[key] for key in ("chosen", "instances_chosen")}}
        rows.append(_row(number, metrics, counts, difference["overall"]["greedy"]))
    return rows


def _row(number: int, metrics: Metrics, counts: Mapping[str, int], difference: Any) -> dict[str, Any]:
    overall = metrics["overall"]
    return {
        "round": number,
        "sampled": dict(counts),
        "resolve_rate": overall["greedy"],
        "empty_patch": overall["greedy_rates"]["empty_patch"],
        "minus_previous": difference,
        "trend": _trend(difference),
    }


def _trend(difference: Any) -> Trend:
    """Name the direction of a difference; whether it is more than chance its interval says."""
    if difference is None:
        return "first"
    value = difference["value"]
    if value is None:
        return "undefined"
    return "same" if value == 0 else "better" if value > 0 else "worse"

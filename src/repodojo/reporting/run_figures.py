"""Figures that the paper has no counterpart of: the verifier's scores, and what stopping early saves."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from repodojo.reporting.named import Results
from repodojo.reporting.panels import COLOURS, CYCLE, finish, say, scaled
from repodojo.reporting.text import undefined

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTCOMES = {"resolved": "best", "unresolved": "pass"}


def verifier_scores(curve: "Axes", histogram: "Axes", results: Results) -> None:
    """Draw the reliability curve, before and after calibration, and the scores of each outcome."""
    overall, calibration = (
        results["verifier_quality"]["overall"],
        results["verifier_comparison"]["calibration"],
    )
    curve.plot([0, 1], [0, 100], color=COLOURS["random"], linewidth=0.8)
    _reliability(curve, overall["reliability"], "as scored", "best")
    _reliability(curve, calibration["after"]["curve"], "after temperature scaling", "pass")
    curve.set_xlim(0, 1)
    curve.set_ylim(0, 102)
    finish(curve, "mean score of a bin", "resolved % [95 %]")
    _histogram(histogram, overall["histogram"])
    if overall["reason"]:
        for panel in (curve, histogram):
            say(panel, f"how scores tell outcomes apart is {undefined(overall['reason'])}")


def _reliability(panel: "Axes", bins: Sequence[Mapping[str, Any]], label: str, colour: str) -> None:
    """Draw the bins that hold attempts, larger where they are more."""
    held = [each for each in bins if each["n"]]
    if not held:
        return
    scores = [each["mean_score"] for each in held]
    low, high, shares = (
        [scaled(each[key]) for each in held] for key in ("share_low", "share_high", "resolved_share")
    )
    panel.vlines(scores, low, high, color=COLOURS[colour], alpha=0.4)
    panel.plot(scores, shares, color=COLOURS[colour], linewidth=0.8, label=label)
    panel.scatter(scores, shares, [10 + each["n"] ** 0.5 for each in held], color=COLOURS[colour])


def _histogram(panel: "Axes", found: Mapping[str, Any]) -> None:
    """Draw what share of each outcome's attempts falls into a bin, side by side."""
    width = found["edges"][1] / 2
    for place, (outcome, colour) in enumerate(OUTCOMES.items()):
        counts, total = found[outcome], sum(found[outcome])
        left = [edge + place * width for edge in found["edges"][:-1]]
        shares = [scaled(count / total) if total else 0.0 for count in counts]
        panel.bar(left, shares, width, align="edge", color=COLOURS[colour], label=f"{outcome}, n {total:,}")
    panel.set_xlim(0, 1)
    finish(panel, "score", "% of the outcome's attempts")


def stopping_early(rates: "Axes", gap: "Axes", results: Results) -> None:
    """Draw resolve rate over mean attempts, and share of the gap closed over share of the attempts."""
    found = results["adaptive_attempts"]
    series = (
        ("fixed", "the same number always", "random"),
        ("curve", "until one is sure, by threshold", "best"),
    )
    for name, label, colour in series:
        points = found[name]
        line: dict[str, Any] = {"color": COLOURS[colour], "label": label, "marker": ".", "markersize": 4}
        rates.plot([p["mean_attempts"] for p in points], [scaled(p["resolve_rate"]) for p in points], **line)
        shares, closed = ([scaled(p[key]) for p in points] for key in ("attempts_share", "gap_closed"))
        gap.plot(shares, closed, **line)
    _rule(rates, found, ("mean_attempts", "resolve_rate"), 1.0)
    _rule(gap, found, ("attempts_share", "gap_closed"), 100.0)
    rates.set_ylim(bottom=0)
    aim = found["aim"]
    gap.vlines(scaled(aim["attempts_share"]), scaled(aim["gap_closed"]), 100, linestyles=":", color=CYCLE[2])
    gap.hlines(scaled(aim["gap_closed"]), 0, scaled(aim["attempts_share"]), linestyles=":", color=CYCLE[2])
    finish(rates, "mean attempts", "resolved %")
    finish(gap, "% of all attempts; the aim is dotted", "gap closed %")
    if found["reason"]:
        say(gap, undefined(found["reason"]))


def _rule(panel: "Axes", found: Results, axes: tuple[str, str], x_scale: float) -> None:
    """Mark the rule that was fitted, with the interval of what it resolves."""
    x, y = (found[axis] for axis in axes)
    if x["value"] is None or y["value"] is None:
        return
    at, colour = x_scale * x["value"], CYCLE[5]
    panel.vlines(at, scaled(y["low"]), scaled(y["high"]), color=colour, alpha=0.4)
    panel.plot([at], [scaled(y["value"])], "D", markersize=5, color=colour, label="the fitted rule [95 %]")

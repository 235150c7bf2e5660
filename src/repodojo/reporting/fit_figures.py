"""Figure 1: what more attempts and more training data are worth, on logarithmic axes with their fits."""

from collections.abc import Mapping, Sequence
from math import isfinite, log
from typing import TYPE_CHECKING, Any

from repodojo.metrics.log_fit import log_fit
from repodojo.reporting.named import Results
from repodojo.reporting.panels import COLOURS, finish, say, say_undefined, scaled
from repodojo.reporting.published_figures import FIGURES
from repodojo.reporting.sweeps import COMMAND, points_along
from repodojo.reporting.text import undefined

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Series = Sequence[tuple[float, float]]
KINDS = {"inference": ("best", "k attempts"), "training": ("pass", "n trajectories")}
"""Colour and words of each kind of scaling."""


def scaling_fits(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw best@k over k, and the resolve rate over trajectories trained on."""
    curve = results["scaling_curves"]["overall"]["best_at_k"]
    inference = [(float(k), scaled(point["value"])) for k, point in curve.items() if int(k) > 1]
    listed = points_along(results, "fraction")
    points = [point for point in listed if point.settings["seed"] == listed[0].settings["seed"]]
    training = sorted(
        (float(point.trajectories), scaled(point.measured["resolve_rate"]["value"]))
        for point in points
        if point.measured is not None and point.trajectories
    )
    _draw(ours, {"inference": inference, "training": training}, {"linestyle": "-"}, "full")
    say_undefined(ours, curve.values())
    if len(training) < 2:
        owed = f"{len(points) - len(training)} of {len(points)}"
        say(ours, f"training: {owed} points not measured, run\n{COMMAND}")
    published = {kind: [(float(str(x)), rate) for x, rate in FIGURES[1].series[kind]] for kind in KINDS}
    _draw(paper, published, {"linestyle": "--"}, "none")


def _draw(panel: "Axes", series: Mapping[str, Series], line: dict[str, Any], fill: Any) -> None:
    """Draw both kinds of scaling on one logarithmic axis."""
    for kind, points in series.items():
        colour, words = KINDS[kind]
        x, rates = [x for x, _ in points], [rate for _, rate in points]
        if not x:
            continue
        panel.plot(x, rates, "o", markersize=4, fillstyle=fill, color=COLOURS[colour])
        fit = log_fit(x, rates)
        if isfinite(fit.slope):
            spread = f"{fit.r2:.3f}" if isfinite(fit.r2) else undefined(fit.reason)
            label = f"{words}: {fit.slope:.2f} ln {words[0]} {fit.intercept:+.2f}, R² {spread}"
            fitted = [fit.slope * log(value) + fit.intercept for value in x]
            panel.plot(x, fitted, color=COLOURS[colour], label=label, **line)
    panel.set_xscale("log", base=2)
    ticks = [2**power for power in range(1, 10, 1 if len(series["training"]) < 2 else 2)]
    panel.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
    panel.minorticks_off()
    finish(panel, "k attempts, or n trajectories trained on", "resolved %")

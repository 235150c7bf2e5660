"""Figures of what training does: verifier data (5), scaffold (6), amount (7) and choice (8) of the data."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from operator import itemgetter
from typing import TYPE_CHECKING

from repodojo.reporting.named import Results
from repodojo.reporting.panels import (
    COLOURS,
    CYCLE,
    draw_published,
    finish,
    percents,
    say,
    say_undefined,
    scaled,
)
from repodojo.reporting.published_figures import FIGURES
from repodojo.reporting.sweeps import COMMAND, Point, by_choice, by_model

if TYPE_CHECKING:
    from matplotlib.axes import Axes


OTHER_DATA = "kedro run --params verifier.mix=on_policy"
"""Measures the figure with other data of the verifier."""


def verifier_data(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 5: best@k by what the verifier was trained on."""
    points = results["scaling_curves"]["overall"]["best_at_k"]
    ks, values = [int(k) for k in points], percents(points, "value")
    label = data_words(results["verifier_data"])
    ours.plot(ks, values, marker="o", markersize=3, color=COLOURS["best"], label=label)
    finish(ours, "k", "best@k %")
    others = "; ".join(name for name in FIGURES[5].series if name != label)
    say(ours, f"not measured: {others}\nrun: {OTHER_DATA}")
    say_undefined(ours, points.values())
    draw_published(paper, 5)


def data_words(data: Results) -> str:
    """Return what the paper's figure calls the training data of a verifier."""
    words = str(data["mix"]).replace("_", "-")
    ratio = data["negatives_per_positive"]
    return words if ratio == 1 else f"{words}, {'twice' if ratio == 2 else f'{ratio:g} times'} the negatives"


def other_scaffold(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 6: pass@k and best@k with another scaffold and two sizes of verifier."""
    for name in ("pass", "best"):
        points = results["scaling_curves"]["overall"][f"{name}_at_k"]
        label = f"{name}@k, this run's scaffold and verifier"
        ours.plot([int(k) for k in points], percents(points, "value"), color=COLOURS[name], label=label)
    finish(ours, "k", "resolved %")
    say_undefined(ours, points.values())
    draw_published(paper, 6)


def amount_of_data(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 7: resolve rate by the share of the training data, for each model."""
    _shares(ours, results, by_model(results))
    draw_published(paper, 7)


def choice_of_data(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 8: resolve rate by the way of choosing the training data."""
    _shares(ours, results, by_choice(results))
    draw_published(paper, 8)


def _shares(panel: "Axes", results: Results, series: Mapping[str, Sequence[Point]]) -> None:
    """Draw series of points by their share of the trajectories, with intervals, over the untrained policy."""
    untrained = results["zero_shot_metrics"]["overall"]["greedy"]
    panel.axhline(scaled(untrained["value"]), color=COLOURS["random"], linewidth=0.8, label="zero-shot")
    names = {point.name for points in series.values() for point in points}
    owed = {point.name for points in series.values() for point in points if point.measured is None}
    for (label, points), colour in zip(series.items(), cycle(CYCLE)):
        found = [(p.share, p.measured["resolve_rate"]) for p in points if p.measured is not None]
        measured = sorted(found, key=itemgetter(0))
        if measured:
            shares = [share for share, _ in measured]
            values, lows, highs = ([scaled(m[key]) for _, m in measured] for key in ("value", "low", "high"))
            panel.vlines(shares, lows, highs, color=colour, alpha=0.4)
            panel.plot(shares, values, "o-", color=colour, label=label)
    panel.set_xlim(0, 105)
    panel.set_ylim(bottom=0)
    if owed:
        say(panel, f"{len(owed)} of {len(names)} points not measured, run\n{COMMAND}")
    finish(panel, "% of the trajectories", "resolve rate %")

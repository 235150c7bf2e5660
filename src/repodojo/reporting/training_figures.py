"""Figures of what training does: verifier data (5), scaffold (6), amount (7) and choice (8) of the data."""

from typing import TYPE_CHECKING

from repodojo.reporting.named import Results
from repodojo.reporting.panels import COLOURS, draw_published, finish, percents, say, scaled

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def verifier_data(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 5: best@k by what the verifier was trained on."""
    points = results["scaling_curves"]["overall"]["best_at_k"]
    ks, values = [int(k) for k in points], percents(points, "value")
    ours.plot(ks, values, marker="o", markersize=3, color=COLOURS["best"], label="mixture")
    finish(ours, "k", "best@k %")
    draw_published(paper, 5)


def other_scaffold(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 6: pass@k and best@k with another scaffold and two sizes of verifier."""
    for name in ("pass", "best"):
        points = results["scaling_curves"]["overall"][f"{name}_at_k"]
        label = f"{name}@k, this run's scaffold and verifier"
        ours.plot([int(k) for k in points], percents(points, "value"), color=COLOURS[name], label=label)
    finish(ours, "k", "resolved %")
    draw_published(paper, 6)


def amount_of_data(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 7: resolve rate by the share of the training data."""
    _shares(ours, results, "kedro run --params dedup_capping.fraction=0.5")
    draw_published(paper, 7)


def choice_of_data(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 8: resolve rate by the way of choosing the training data."""
    half = "dedup_capping.fraction_by=repository,dedup_capping.fraction=0.5"
    _shares(ours, results, f"kedro run --params {half}")
    draw_published(paper, 8)


def _shares(panel: "Axes", results: Results, command: str) -> None:
    """Draw the policy before and after training on everything, with its interval."""
    found = [results[f"{policy}_metrics"]["overall"]["greedy"] for policy in ("zero_shot", "fine_tuned")]
    values, lows, highs = ([scaled(each[key]) for each in found] for key in ("value", "low", "high"))
    panel.vlines([0, 100], lows, highs, color=COLOURS["pass"], alpha=0.4)
    panel.plot([0, 100], values, "o", color=COLOURS["pass"], label="student, 0 is zero-shot")
    panel.set_ylim(bottom=0)
    say(panel, f"Other shares: not measured, run\n{command}")
    finish(panel, "% of the trajectories", "resolve rate %")

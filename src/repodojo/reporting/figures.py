"""Figures of a run as SVG, in two panels: ours and the paper's or both ours; ink takes the page's colour."""

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from repodojo.metrics.patch_size import NOTHING_RESOLVED
from repodojo.metrics.reasons import NO_INSTANCES
from repodojo.reporting.fit_figures import scaling_fits
from repodojo.reporting.named import Results
from repodojo.reporting.panels import COLOURS, finish, outlined, percents, say, say_undefined
from repodojo.reporting.published import PublishedFigure
from repodojo.reporting.published_figures import FIGURES
from repodojo.reporting.run_figures import stopping_early, verifier_scores
from repodojo.reporting.training_figures import (
    amount_of_data,
    choice_of_data,
    other_scaffold,
    verifier_data,
)
from repodojo.reporting.trainings import training_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#010203"
"""Drawn where the page's text colour belongs, and replaced by it."""
OURS, PAPER = "this run", "published (SWE-Gym paper)"
TITLES = {
    "figure_adaptive": (f"{OURS}: stopping early", f"{OURS}: gap closed"),
    "figure_training": (f"{OURS}: loss", f"{OURS}: speed"),
    "figure_verifier": (f"{OURS}: reliability", f"{OURS}: scores by outcome"),
}
"""Of figures without a panel of the paper's."""
MEASURED: dict[str, Any] = {"fontweight": "bold"}
PRINTED: dict[str, Any] = {"fontstyle": "italic"}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def draw_figures(results: Results) -> dict[str, str]:
    """Draw every figure that a run has data for, as SVG by name."""
    return draw_figures_of(results, DRAWINGS)


def draw_figures_of(results: Results, names: Iterable[str]) -> dict[str, str]:
    """Draw some figures, as SVG by name."""
    return {name: draw_svg(name, results, DRAWINGS[name]) for name in names}


def draw_svg(name: str, results: Results, draw: Callable[["Axes", "Axes", Results], None]) -> str:
    """Draw both panels; the same results give the same text."""
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    text = io.StringIO()
    with rc_context(STYLE | {"svg.hashsalt": name}):
        figure = Figure(figsize=(9.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        for panel, title in zip((left, right), TITLES.get(name, (OURS, PAPER)), strict=True):
            panel.set_title(title, loc="left", **(PRINTED if title == PAPER else MEASURED))
        draw(left, right, results)
        figure.savefig(
            text,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace(INK, "currentColor")


def _pass_and_best(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 4: pass@k and best@k, ours with 95 % intervals and the random baseline."""
    overall = results["scaling_curves"]["overall"]
    for name in ("pass", "best", "random"):
        points = overall[f"{name}_at_k"]
        ks = [int(k) for k in points]
        value, low, high = (percents(points, key) for key in ("value", "low", "high"))
        ours.plot(ks, value, marker="o", markersize=3, color=COLOURS[name], label=f"{name}@k")
        ours.fill_between(ks, low, high, color=COLOURS[name], alpha=0.15, linewidth=0)
    say_undefined(ours, overall["best_at_k"].values())
    for label, series in FIGURES[4].series.items():
        x, y = zip(*series, strict=True)
        name = label.removesuffix("@k")
        paper.plot(x, y, "--", marker="s", markersize=3, fillstyle="none", color=COLOURS[name], label=label)
    for panel in (ours, paper):
        panel.set_ylim(bottom=0)
        finish(panel, "k", "resolved %")


def _repositories(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 2: instances by repository."""
    counts = results["instance_statistics"]["repositories"]
    rows = sorted(counts.items(), key=lambda row: (sum(row[1].values()), row[0]))
    left = [0] * len(rows)
    for split, colour in (("train", COLOURS["pass"]), ("held_out", COLOURS["best"])):
        widths = [row.get(split, 0) for _, row in rows]
        ours.barh([name for name, _ in rows], widths, left=left, color=colour, label=split.replace("_", " "))
        left = [a + b for a, b in zip(left, widths, strict=True)]
    finish(ours, "instances", "")
    if not rows:
        say(ours, NO_INSTANCES)
    published = FIGURES[2].series["SWE-Gym"][::-1]
    paper.barh(
        [str(name) for name, _ in published], [n for _, n in published], **outlined("pass"), label="SWE-Gym"
    )
    finish(paper, "instances", "")


def _successes(ours: "Axes", paper: "Axes", results: Results) -> None:
    """Draw Figure 3: how often each instance was solved, most often first."""
    found = results["sampling_statistics"]["successes"]
    ours.bar(range(1, len(found) + 1), found, color=COLOURS["pass"], label="the teacher, all attempts")
    if not found:
        say(ours, NOTHING_RESOLVED)
    x, y = zip(*FIGURES[3].series["successes"], strict=True)
    paper.bar(x, y, **outlined("pass"), label="Moatless 7B, 30 rounds")
    for panel in (ours, paper):
        panel.locator_params(integer=True)
        finish(panel, "instance, by falling successes", "successes")


DRAWINGS = {
    "figure_1": scaling_fits,
    "figure_2": _repositories,
    "figure_3": _successes,
    "figure_4": _pass_and_best,
    "figure_5": verifier_data,
    "figure_6": other_scaffold,
    "figure_7": amount_of_data,
    "figure_8": choice_of_data,
    "figure_adaptive": stopping_early,
    "figure_training": training_curves,
    "figure_verifier": verifier_scores,
}

CAPTIONS = {
    "figure_1": (
        "Scaling of inference and of training, with logarithmic fits",
        ("scaling_curves", "training_subsets", "ablation_results"),
    ),
    "figure_2": ("Instances by repository", ("instance_statistics",)),
    "figure_3": ("Successes of each instance", ("sampling_statistics",)),
    "figure_4": ("pass@k and best@k; bands are 95 % intervals", ("scaling_curves",)),
    "figure_5": ("best@k by the verifier's training data", ("scaling_curves",)),
    "figure_6": ("pass@k and best@k with another scaffold", ("scaling_curves",)),
    "figure_7": ("Resolve rate by share of the training data", ("ablation_results", "zero_shot.metrics")),
    "figure_8": ("Resolve rate by choice of the training data", ("ablation_results", "zero_shot.metrics")),
    "figure_adaptive": ("What stopping early resolves and saves", ("adaptive_attempts",)),
    "figure_training": ("Loss, learning rate, speed and memory of each training", ("trainings",)),
    "figure_verifier": (
        "Calibration of the verifier's scores, and their distribution by outcome",
        ("verifier_quality", "verifier_comparison"),
    ),
}
"""What each figure shows, and the catalog entries that our panels were drawn from."""


def paper_note(name: str) -> str:
    """Return what the paper's panel shows; empty where there is none."""
    if name in TITLES:
        return ""
    figure: PublishedFigure = FIGURES[int(name.removeprefix("figure_"))]
    return f"{figure.title}. {figure.note}".strip()

"""What the panels of figures share: colours, axes, and the words of a panel without data."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

from repodojo.reporting.published_figures import FIGURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"pass": "#2f7ed8", "best": "#e07b00", "random": "#7a7f87"}
CYCLE = ("#2f7ed8", "#e07b00", "#1a8a5a", "#9b59b6", "#7a7f87", "#c0392b")


def finish(panel: "Axes", x: str, y: str) -> None:
    """Name the axes, and the lines where they have names."""
    panel.set_xlabel(x)
    panel.set_ylabel(y)
    if panel.get_legend_handles_labels()[1]:
        panel.legend(loc="best")


def outlined(colour: str) -> dict[str, Any]:
    """Return how the paper's bars are drawn."""
    return {"facecolor": "none", "edgecolor": COLOURS[colour]}


def scaled(share: float | None) -> float:
    """Return a share in per cent."""
    return nan if share is None else 100 * share


def percents(points: Mapping[str, Any], key: str) -> Sequence[float]:
    """Return one number of each estimate, in per cent."""
    return [scaled(point[key]) for point in points.values()]


def say(panel: "Axes", text: str) -> None:
    """Write into a panel what it does not show."""
    panel.text(0.02, 0.02, text, transform=panel.transAxes, va="bottom", fontsize=8, wrap=True)


def draw_published(panel: "Axes", number: int) -> None:
    """Draw every series of a figure of the paper."""
    figure = FIGURES[number]
    for colour, (label, series) in zip(CYCLE, figure.series.items(), strict=False):
        x, y = zip(*series, strict=True)
        panel.plot(x, y, "--", marker="s", markersize=3, fillstyle="none", color=colour, label=label)
    finish(panel, figure.x, figure.y)

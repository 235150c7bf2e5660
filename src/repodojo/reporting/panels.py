"""What the panels of figures share: colours, axes, and the words of a panel without data."""

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

from repodojo.reporting.published_figures import FIGURES
from repodojo.reporting.text import undefined, why

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"pass": "#2f7ed8", "best": "#e07b00", "random": "#7a7f87"}
SHORT = 24
"""Characters of a line's name up to which two stand side by side."""
CYCLE = ("#2f7ed8", "#e07b00", "#1a8a5a", "#9b59b6", "#7a7f87", "#c0392b")


def finish(panel: "Axes", x: str, y: str) -> None:
    """Name the axes, and below them the lines that have names."""
    panel.set_xlabel(x)
    panel.set_ylabel(y)
    _write_below(panel, "")


def say(panel: "Axes", text: str) -> None:
    """Write below a panel what it does not show."""
    _write_below(panel, text)


def _write_below(panel: "Axes", text: str) -> None:
    """Write the legend and what was said under the axes, where no line is."""
    handles, labels = panel.get_legend_handles_labels()
    before = panel.get_legend()
    said = "\n".join(filter(None, (before.get_title().get_text() if before else "", text)))
    if labels or said:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, -0.19), "borderaxespad": 0.0}
        columns = 2 if max(map(len, labels), default=0) <= SHORT else 1
        size: dict[str, Any] = {"fontsize": 8, "title_fontsize": 8, "alignment": "left", "ncols": columns}
        panel.legend(handles, labels, title=said or None, **place, **size)


def outlined(colour: str) -> dict[str, Any]:
    """Return how the paper's bars are drawn."""
    return {"facecolor": "none", "edgecolor": COLOURS[colour]}


def scaled(share: float | None) -> float:
    """Return a share in per cent."""
    return nan if share is None else 100 * share


def percents(points: Mapping[str, Any], key: str) -> Sequence[float]:
    """Return one number of each estimate, in per cent."""
    return [scaled(point[key]) for point in points.values()]


def say_undefined(panel: "Axes", points: Iterable[Mapping[str, Any]]) -> None:
    """Say why points of a curve are undefined, if any are."""
    lacking = [point for point in points if point["value"] is None]
    if lacking:
        say(panel, undefined("; ".join(dict.fromkeys(filter(None, map(why, lacking))))))


def draw_published(panel: "Axes", number: int) -> None:
    """Draw every series of a figure of the paper."""
    figure = FIGURES[number]
    for colour, (label, series) in zip(CYCLE, figure.series.items(), strict=False):
        x, y = zip(*series, strict=True)
        panel.plot(x, y, "--", marker="s", markersize=3, fillstyle="none", color=colour, label=label)
    finish(panel, figure.x, figure.y)

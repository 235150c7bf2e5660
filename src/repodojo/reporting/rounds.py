"""Table 5 and its figure: resolve rate and empty patches round by round, ours beside the published."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from repodojo.reporting.figures import draw_svg
from repodojo.reporting.panels import COLOURS
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.table import Table, ours, published
from repodojo.reporting.text import NOT_GIVEN, difference, percent, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rounds = Sequence[Mapping[str, Any]]


def rounds_table(rounds: Rounds) -> Table:
    """Return Table 5; a round that made things worse says so."""
    rows = [
        (
            *("student", _name(row), row["resolve_rate"]["n"], row["sampled"]["chosen"]),
            *(percent(row["empty_patch"]["value"]), with_interval(row["resolve_rate"])),
            *((NOT_GIVEN, NOT_GIVEN) if row["minus_previous"] is None else _change(row)),
        )
        for row in rounds
    ]
    columns = (
        *("model", "round", "n", "successes chosen", "empty patch %", "resolve rate % [95 %]"),
        *("minus the round before", "trend"),
    )
    printed = published(5, lambda r: (r[0], r[1], 300, None, r[2], r[3], None, None))
    note = "Greedy attempts at held-out instances. A trend says nothing where the interval holds 0."
    return Table(
        "table_5", "Self-improvement, round by round", columns, ours(*rows) + printed, ("rounds",), note
    )


def draw_rounds(rounds: Rounds) -> str:
    """Draw the rounds as SVG: our panel, and the paper's."""
    return draw_svg("rounds", {"rounds": rounds}, _draw)


def _draw(left: "Axes", right: "Axes", results: Mapping[str, Any]) -> None:
    rows = results["rounds"]
    numbers = [row["round"] for row in rows]
    for key, label, colour in (
        ("resolve_rate", "resolve rate", "best"),
        ("empty_patch", "empty patch", "random"),
    ):
        values = [row[key]["value"] for row in rows]
        shares = [float("nan") if value is None else 100 * value for value in values]
        left.plot(numbers, shares, marker="o", color=COLOURS[colour], label=label)
    for model, style in (("7B", "-"), ("32B", "--")):
        printed = [row for row in TABLES[5].rows if row[0] == model]
        for column, label, colour in ((3, "resolve rate", "best"), (2, "empty patch", "random")):
            heights = [float(str(row[column])) for row in printed]
            right.plot(
                range(len(heights)),
                heights,
                style,
                marker="s",
                color=COLOURS[colour],
                label=f"{model} {label}",
            )
    left.set_xticks(numbers)
    right.set_xticks(range(3))
    for panel in (left, right):
        panel.set_xlabel("round")
        panel.set_ylabel("%")
        panel.set_ylim(bottom=0)
        panel.legend()


def _name(row: Mapping[str, Any]) -> str:
    return "first policy" if row["round"] == 0 else str(row["round"])


def _change(row: Mapping[str, Any]) -> tuple[str, str]:
    return difference(row["minus_previous"]), row["trend"]

"""Table 5 and its figure: resolve rate and empty patches round by round, ours beside the published."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from repodojo.reporting.figures import draw_svg
from repodojo.reporting.named import Results
from repodojo.reporting.panels import COLOURS
from repodojo.reporting.published import Cell
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.table import Table, ours, published
from repodojo.reporting.text import NOT_GIVEN, difference, missing, percent, why, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rounds = Sequence[Mapping[str, Any]]
COMMAND = "kedro run --pipelines=self_improvement,reporting"
COLUMNS = (
    *("model", "round", "n", "successes chosen", "empty patch %", "resolve rate % [95 %]"),
    *("minus the round before", "trend"),
)


def rounds_table(rounds: Rounds) -> Table:
    """Return Table 5 of rounds that were run; one that made things worse says so."""
    return _table([("student", *_cells(row)) for row in rounds], ("rounds",))


def asked_rounds_table(results: Results) -> Table:
    """Return Table 5 of as many rounds as the parameters ask for, after the policies that they begin with."""
    found = {row["round"]: row for row in results["rounds"]}
    first = ["zero_shot", *(["fine_tuned"] if results["first_policy"] == "fine_tuned" else [])]
    rows = [("student", *_policy_cells(results, policy)) for policy in first]
    owed = (NOT_GIVEN, NOT_GIVEN, missing(COMMAND), missing(COMMAND), NOT_GIVEN, NOT_GIVEN)
    for number in range(1, results["rounds_asked"] + 1):
        rows.append(("student", *(_cells(found[number]) if number in found else (str(number), *owed))))
    return _table(rows, ("rounds", *(f"{policy}.metrics" for policy in first)))


def _table(rows: Sequence[tuple[Cell, ...]], datasets: tuple[str, ...]) -> Table:
    printed = published(5, lambda r: (r[0], r[1], 300, None, r[2], r[3], None, None))
    note = "Greedy attempts at held-out instances. A trend says nothing where the interval holds 0."
    return Table(
        "table_5", "Self-improvement, round by round", COLUMNS, ours(*rows) + printed, datasets, note
    )


def _cells(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return what the table says of a round; of round 0, the policy that samples the first."""
    rate, change = row["resolve_rate"], row["minus_previous"]
    return (
        *("first policy" if row["round"] == 0 else str(row["round"]), rate["n"], row["sampled"]["chosen"]),
        *(percent(row["empty_patch"]["value"], why=why(row["empty_patch"])), with_interval(rate)),
        *((NOT_GIVEN, NOT_GIVEN) if change is None else (difference(change), row["trend"])),
    )


def _policy_cells(results: Results, policy: str) -> tuple[Cell, ...]:
    """Return what the table says of a policy that was trained before the rounds, or not at all."""
    overall = results[f"{policy}_metrics"]["overall"]
    empty, rate = overall["greedy_rates"]["empty_patch"], overall["greedy"]
    words = "zero-shot" if policy == "zero_shot" else "on the teacher's successes"
    share = percent(empty["value"], why=why(empty))
    return words, rate["n"], NOT_GIVEN, share, with_interval(rate), NOT_GIVEN, NOT_GIVEN


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

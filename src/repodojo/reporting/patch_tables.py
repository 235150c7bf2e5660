"""The table of what resolving patches are like beside gold: size, lint findings, time of the tests."""

from repodojo.reporting.named import Results
from repodojo.reporting.published import Cell
from repodojo.reporting.table import Table, ours
from repodojo.reporting.text import NOT_GIVEN, missing, number, number_with_interval, why

COMMAND = "kedro run --pipelines=patch_costs,reporting"


def resolving_patches(results: Results) -> Table:
    """Return the fine-tuned policy's patches that resolve, beside the gold patches of their instances."""
    size, costs = results["fine_tuned_metrics"]["overall"]["patch_size"], results["fine_tuned_patch_costs"]
    lines = ("changed_lines", "gold_lines")
    rows: list[tuple[Cell, ...]] = [
        (
            *("changed lines", *(number_with_interval(size[key]) for key in lines)),
            *(NOT_GIVEN, number(size["median_ratio"], 2, why=why(size)), size["changed_lines"]["n"]),
        )
    ]
    for words, key, ratio in (
        ("new lint findings", "new_findings_minus_gold", None),
        ("seconds of the tests", "test_seconds_minus_gold", "median_test_time_ratio"),
    ):
        rows.append((words, NOT_GIVEN, NOT_GIVEN, *_cost(costs, key, ratio)))
    columns = (
        *("of a patch that resolves", "this run's [95 %]", "gold's [95 %]", "this run's minus gold's [95 %]"),
        *("median of this run's to gold's", "instances"),
    )
    reasons = dict.fromkeys(filter(None, (size["reason"], costs.get("reason"))))
    note = " ".join(
        (
            "Means over instances of the means over the fine-tuned policy's attempts that resolve them.",
            *(f"Undefined or left out: {reason}." for reason in reasons),
        )
    )
    sources = ("fine_tuned.metrics", "fine_tuned.patch_costs")
    return Table("patches", "Patches that resolve, beside gold", columns, ours(*rows), sources, note)


def _cost(costs: Results, key: str, ratio: str | None) -> tuple[Cell, ...]:
    if not costs:
        return missing(COMMAND), missing(COMMAND) if ratio else NOT_GIVEN, NOT_GIVEN
    found = costs[key]
    return (
        number_with_interval(found),
        number(costs[ratio], 2, why=why(costs)) if ratio else NOT_GIVEN,
        found["n"],
    )

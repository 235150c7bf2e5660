"""The paper's tables about what is trained on: caps (4), rounds (5), subsets (7)."""

from repodojo.reporting.named import Results
from repodojo.reporting.published import Cell
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.table import Table, ours, published
from repodojo.reporting.text import missing, percent, with_interval


def caps(results: Results) -> Table:
    """Return Table 4: what a cap on the trajectories of one instance does."""
    counts = results["sampling_statistics"]["subsets"]["caps"]
    rows: list[tuple[Cell, ...]] = [("zero-shot", 0, *_measured(results, "zero_shot"))]
    chosen = results["curation_report"]["chosen"]
    rows.append(("the cap of this run, after deduplication", chosen, *_measured(results, "fine_tuned")))
    for cap, count in counts.items():
        value = "null" if cap == "none" else cap
        told = missing(f"kedro run --params dedup_capping.dedup=none,dedup_capping.per_instance={value}")
        rows.append((cap, count, told, told))
    note = "This run trains one policy; the counts of the other caps are of its teacher's successes."
    datasets = ("sampling_statistics", "curation_report", "zero_shot.metrics", "fine_tuned.metrics")
    return Table("table_4", TABLES[4].title, TABLES[4].columns, ours(*rows) + published(4), datasets, note)


def rounds(results: Results) -> Table:
    """Return Table 5: rounds of self-improvement."""
    rows = (
        ("student", "zero-shot", *_measured(results, "zero_shot")),
        ("student", "1, on the teacher's successes", *_measured(results, "fine_tuned")),
        ("student", "2", *[missing("kedro run --pipeline=self_improvement")] * 2),
    )
    datasets = ("zero_shot.metrics", "fine_tuned.metrics")
    note = "Greedy attempts on held-out instances; rounds_table of self_improvement has every round."
    return Table("table_5", TABLES[5].title, TABLES[5].columns, ours(*rows) + published(5), datasets, note)


def subsets(results: Results) -> Table:
    """Return Table 7: trajectories of each training subset by repository."""
    counts = results["sampling_statistics"]["subsets"]["repositories"]
    rows = ours(*((repo, *found.values()) for repo, found in counts.items()))
    note = "Resolved attempts of the teacher; dedup keeps one of each instance. Sizes are rounded down."
    return Table(
        "table_7", TABLES[7].title, TABLES[7].columns, rows + published(7), ("sampling_statistics",), note
    )


def _measured(results: Results, policy: str) -> tuple[str, str]:
    """Return the empty patch rate and the resolve rate of a policy's greedy attempts."""
    found = results[f"{policy}_metrics"]["overall"]
    return percent(found["greedy_rates"]["empty_patch"]["value"]), with_interval(found["greedy"])

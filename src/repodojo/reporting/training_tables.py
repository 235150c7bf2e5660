"""The paper's tables about what is trained on: caps (4), subsets (7)."""

from collections import Counter

from repodojo.reporting.named import Results
from repodojo.reporting.published import Cell
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.sweeps import COMMAND, WHOLE, all_points, points_along, subset_name
from repodojo.reporting.table import Table, ours, published
from repodojo.reporting.text import NOT_GIVEN, percent, why, with_interval


def caps(results: Results) -> Table:
    """Return Table 4: what a cap on the trajectories of one instance does."""
    rows: list[tuple[Cell, ...]] = [("zero-shot", 0, *_measured(results, "zero_shot"))]
    chosen = results["curation_report"]["chosen"]
    rows.append(("the default run's, after deduplication", chosen, *_measured(results, "fine_tuned")))
    capped = points_along(results, "per_instance")
    for point in sorted(capped, key=lambda each: each.settings["per_instance"] or float("inf")):
        cap = point.settings["per_instance"] or "none"
        rows.append((point.labelled(str(cap)), point.trajectories, *point.rates[:2]))
    note = f"Greedy attempts on held-out instances; the teacher's successes. {COMMAND} measures the caps."
    datasets = ("training_subsets", "ablation_results", "zero_shot.metrics", "fine_tuned.metrics")
    return Table("table_4", TABLES[4].title, TABLES[4].columns, ours(*rows) + published(4), datasets, note)


def subsets(results: Results) -> Table:
    """Return Table 7: trajectories of each training subset by repository."""
    points = points_along(results, "fraction", "fraction_by", "dedup")
    totals: Counter[str] = sum((Counter(point.repositories) for point in points), Counter())
    rows: list[tuple[Cell, ...]] = [
        (repo, *(point.repositories.get(repo, 0) for point in points))
        for repo in sorted(totals, key=lambda name: (-totals[name], name))
    ]
    rows.append(("total", *(point.trajectories for point in points)))
    columns = ("repository", *map(subset_name, points))
    printed = published(7, lambda row: map(dict(zip(TABLES[7].columns, row, strict=True)).get, columns))
    note = "Resolved attempts of the teacher; dedup keeps one of each instance. Sizes are rounded down."
    return Table("table_7", TABLES[7].title, columns, ours(*rows) + printed, ("training_subsets",), note)


def sweeps(results: Results) -> Table:
    """Return every point of the sweeps, whatever varies in it."""
    rows: list[tuple[Cell, ...]] = []
    for point in all_points(results):
        varies = {name: value for name, value in point.settings.items() if value != WHOLE[name]}
        found, seed = point.measured, point.settings["seed"]
        words = ", ".join(f"{name} {value}" for name, value in varies.items() if name != "seed")
        attempts = NOT_GIVEN if found is None else found["attempts"]
        described = (point.name, words or "all successes", seed, point.trajectories)
        rows.append((*described, *point.rates, attempts))
    columns = (
        *("point", "differs in", "seed", "trajectories", "empty patch %", "resolve rate, greedy % [95 %]"),
        *("resolve rate, all attempts % [95 %]", "attempts"),
    )
    note = "One training each: intervals are of the instances; REPODOJO_SEED=1 is another training of all."
    return Table(
        "sweeps", "Points of the sweeps", columns, ours(*rows), ("training_subsets", "ablation_results"), note
    )


def _measured(results: Results, policy: str) -> tuple[str, str]:
    """Return the empty patch rate and the resolve rate of a policy's greedy attempts."""
    found = results[f"{policy}_metrics"]["overall"]
    empty = found["greedy_rates"]["empty_patch"]
    return percent(empty["value"], why=why(empty)), with_interval(found["greedy"])

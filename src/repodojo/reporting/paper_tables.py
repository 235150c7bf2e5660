"""The paper's tables that a run has data for, ours beside the printed ones."""

from repodojo.reporting.named import POLICIES, Results
from repodojo.reporting.published import Cell
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.statistics import PERCENTILES
from repodojo.reporting.table import Row, Table, ours, published
from repodojo.reporting.text import as_printed, number, percent, why, with_interval


def dataset_comparison(results: Results) -> Table:
    """Return Table 1: what the instances are, beside other datasets."""
    statistics = results["instance_statistics"]
    training = statistics["splits"].get("train", {"instances": 0})["instances"]
    row = ("RepoDojo, this run", "yes", "yes", "no: injected bugs", statistics["instances"], training)
    rows = ours(row) + published(1)
    return Table("table_1", TABLES[1].title, TABLES[1].columns, rows, ("instance_statistics",))


_STATISTICS = {
    "instances": "instances",
    "repositories": "repositories",
    "issue length, words": "issue_words",
    "gold patch: lines edited": "gold_lines",
    "gold patch: files edited": "gold_files",
    "FAIL_TO_PASS tests": "fail_to_pass",
    "tests in total": "tests",
}


def instance_means(results: Results) -> Table:
    """Return Table 2: means over the instances."""
    columns = ("instances", *(name for name in _STATISTICS if name != "instances"))
    rows = []
    for split, part in results["instance_statistics"]["splits"].items():
        rows.append((f"RepoDojo, {split.replace('_', ' ')}", *(part[_STATISTICS[c]] for c in columns)))
    printed = {row[0]: row[1:] for row in TABLES[2].rows}
    printed_rows = tuple(
        Row("published", (name, *(as_printed(printed[c][index]) for c in columns)))
        for index, name in enumerate(TABLES[2].columns[1:])
    )
    return Table(
        "table_2",
        TABLES[2].title,
        ("set", *columns),
        ours(*rows) + printed_rows,
        ("instance_statistics",),
        "The paper's rows for files, lines and functions of the repository are left out: not measured here.",
    )


DEVIATIONS = ("paper_half_sample", "all_rows_half_sample")


def _share(estimate: Results) -> str:
    """Return a share without its interval, or why there is none."""
    return percent(estimate["value"], why=why(estimate))


def policy_results(results: Results) -> Table:
    """Return Table 3: what the policies do on held-out instances."""
    rows = []
    for policy, words in POLICIES.items():
        found = results[f"{policy}_metrics"]["overall"]
        greedy, rates = found["greedy"], found["greedy_rates"]
        spread, floor = found["deviations"], found["noise_floor"]
        rows.append(
            (
                *("held-out projects, this run", "student", words, greedy["n"]),
                *(_share(rates[key]) for key in ("empty_patch", "stuck_in_loop")),
                number(rates["average_turns"]["value"], why=why(rates["average_turns"])),
                *(_share(rates["well_formed"]), with_interval(greedy)),
                *(_share(spread | {"value": spread[key]}) for key in DEVIATIONS),
                _share(floor | {"value": floor["covers_95"]}),
            )
        )
    columns = (
        *("benchmark", "model", "policy", "n", "empty patch %", "stuck in loop %", "turns"),
        *("well-formed answers %", "resolve rate % [95 %]", "the paper's ±", "the same over all rows"),
        "A/A floor, points",
    )
    sizes = {"SWE-Bench Lite": 300, "SWE-Bench Verified": 500}
    printed = published(3, lambda r: (*r[:3], sizes[str(r[0])], *r[3:6], None, r[6], r[7], None, None))
    datasets = tuple(f"{policy}.metrics" for policy in POLICIES)
    note = (
        "Greedy attempts. Not measured counts as unresolved. The A/A floor: 95 % of the differences of two "
        f"runs of the same policy, an attempt at each instance, are no larger. {TABLES[3].note}"
    )
    return Table("table_3", "Zero-shot and fine-tuned", columns, ours(*rows) + printed, datasets, note)


def trajectory_lengths(results: Results) -> Table:
    """Return Table 8: messages and tokens of trajectories."""
    names = ("n", "mean", "sd", "min", "max", *(f"p{p}" for p in PERCENTILES))
    rows = []
    for what in ("messages", "tokens"):
        for outcome in ("resolved", "unresolved"):
            found = results["sampling_statistics"][what][outcome]
            if what == "messages" or found["max"]:
                rows.append((what, outcome, *(number(found[name], why=why(found)) for name in names)))
    note = f"Ours: the teacher's. Published: {TABLES[8].note}"
    columns = ("of", *TABLES[8].columns[1:])
    return Table(
        "table_8", TABLES[8].title, columns, ours(*rows) + published(8), ("sampling_statistics",), note
    )


def trajectory_sources(results: Results) -> Table:
    """Return Table 10: where the trajectories come from."""
    rows: list[tuple[Cell, ...]] = []
    for name, words in (("sampling_statistics", "teacher"), ("on_policy_statistics", "on-policy")):
        for row in results[name]["sources"]:
            share = with_interval(row)
            rows.append(
                (
                    words,
                    row["policy"],
                    "training",
                    row["temperature"],
                    row["attempts"],
                    row["resolved"],
                    share,
                )
            )
    columns = ("set", "policy", "instances", "temperature", "attempts", "resolved", "resolved % [95 %]")
    sizes = {"Lite": 230, "Full": 2438}
    printed = published(10, lambda r: (*r[:4], sizes[str(r[2])], *r[5:]))
    datasets = ("sampling_statistics", "on_policy_statistics")
    return Table(
        "table_10",
        TABLES[10].title,
        columns,
        ours(*rows) + printed,
        datasets,
        f"Published: {TABLES[10].note}",
    )

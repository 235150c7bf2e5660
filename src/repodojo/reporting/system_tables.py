"""The paper's tables that put whole systems side by side: openness (6) and open-weight systems (9)."""

from repodojo.reporting.named import Results
from repodojo.reporting.published import Cell
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.table import Table, ours, published
from repodojo.reporting.text import NOT_GIVEN, with_interval

HELD_OUT = "this run's held-out projects %"
NOTE = (
    "This run is measured on its own held-out projects; its row and the others are of different instances "
    "and say nothing about each other."
)


def openness(results: Results) -> Table:
    """Return Table 6: which parts of comparable systems are open."""
    rows: list[tuple[Cell, ...]] = [
        ("RepoDojo + verifier", NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, _best(results), "open", "open")
    ]
    columns = (*TABLES[6].columns[:4], HELD_OUT, *TABLES[6].columns[4:])
    printed = published(6, lambda row: (*row[:4], None, *row[4:]))
    return Table("table_6", TABLES[6].title, columns, ours(*rows) + printed, ("scaling_curves",), NOTE)


def open_weights(results: Results) -> Table:
    """Return Table 9: open-weight systems and what they were trained on."""
    report = results["curation_report"]
    repos = sum(found["chosen"] > 0 for found in report["repos"].values())
    trained = f"{report['chosen']} trajectories, {repos} repositories"
    greedy = with_interval(results["fine_tuned_metrics"]["overall"]["greedy"])
    rows: list[tuple[Cell, ...]] = [
        ("RepoDojo", NOT_GIVEN, NOT_GIVEN, greedy, trained),
        ("RepoDojo + verifier", NOT_GIVEN, NOT_GIVEN, _best(results), trained),
    ]
    columns = (*TABLES[9].columns[:3], HELD_OUT, *TABLES[9].columns[3:])
    printed = published(9, lambda row: (*row[:3], None, *row[3:]))
    datasets = ("scaling_curves", "fine_tuned.metrics", "curation_report")
    return Table("table_9", TABLES[9].title, columns, ours(*rows) + printed, datasets, NOTE)


def _best(results: Results) -> str:
    """Return best@k at the largest k of the run."""
    curves = results["scaling_curves"]
    k = curves["max_k"]
    return f"best@{k}: {with_interval(curves['overall']['best_at_k'][str(k)])}"

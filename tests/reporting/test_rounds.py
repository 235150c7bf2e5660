"""Table 5 of the report: a row for each round that the parameters ask for, measured or not."""

from typing import Any

import pytest

from repodojo.metrics.rounds import describe_rounds
from repodojo.reporting.rounds import COMMAND, asked_rounds_table, rounds_table


def ours(results: dict[str, Any]) -> list[tuple[str, ...]]:
    return [row.cells for row in asked_rounds_table(results).rows if row.origin == "this run"]


@pytest.fixture
def measured(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Three rounds: what the fine-tuned policy does, at each another difference."""
    greedy, report = results["fine_tuned_minus_zero_shot"]["overall"]["greedy"], results["curation_report"]
    steps = [
        (results["fine_tuned_metrics"], report, {"overall": {"greedy": greedy | {"value": change}}})
        for change in (0.1, 0.0, -0.05)
    ]
    return describe_rounds(results["fine_tuned_metrics"], steps)


def test_table_5_has_a_row_for_each_round_asked_for_and_says_what_runs_it(results: dict[str, Any]) -> None:
    rows = ours(results)
    assert [row[1] for row in rows] == ["zero-shot", "on the teacher's successes", "1", "2", "3"]
    assert all(row[4:6] == (f"not measured, run: {COMMAND}",) * 2 for row in rows[2:])
    from_base = results | {"rounds_asked": 20, "first_policy": "base"}
    assert [row[1] for row in ours(from_base)] == ["zero-shot", *map(str, range(1, 21))]


def test_table_5_shows_the_rounds_that_were_run_and_which_made_things_worse(
    results: dict[str, Any], measured: list[dict[str, Any]]
) -> None:
    """It used to say of a second round, and of no other, that it was not measured."""
    rows = ours(results | {"rounds": measured})
    assert [row[-1] for row in rows] == ["–", "–", "better", "same", "worse"]
    assert rows[2][2:6] == (*rows[1][2:3], str(results["curation_report"]["chosen"]), *rows[1][4:6])
    of_pipeline = [row.cells for row in rounds_table(measured).rows if row.origin == "this run"]
    assert of_pipeline[1:] == rows[2:]
    assert of_pipeline[0][1] == "first policy"

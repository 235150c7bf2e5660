"""Whatever is undefined says why: in datasets, tables, summary, short table and page."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import nan
from typing import Any

import pytest

from repodojo.reporting.figures import draw_figures_of
from repodojo.reporting.numbers import headline_numbers
from repodojo.reporting.report import Report, line_of, render_report
from repodojo.reporting.summary import Number, Summary
from repodojo.reporting.summary_table import short_table
from repodojo.reporting.tables import paper_tables, run_tables
from repodojo.reporting.text import UNDEFINED
from repodojo.types import Instance, Outcome

Attempts = tuple[dict[str, Any], dict[str, Any]]
Gather = Callable[..., dict[str, Any]]


def with_outcome(attempts: dict[str, Attempts], outcome: Outcome) -> dict[str, Attempts]:
    """Return the same attempts as if all had ended so."""
    return {
        policy: (made, {key: replace(verdict, outcome=outcome) for key, verdict in graded.items()})
        for policy, (made, graded) in attempts.items()
    }


def only(attempts: dict[str, Attempts], count: int) -> dict[str, Attempts]:
    """Return the first attempts of every policy."""
    return {
        policy: (
            {key: made[key] for key in list(made)[:count]},
            {key: graded[key] for key in list(made)[:count]},
        )
        for policy, (made, graded) in attempts.items()
    }


def scored(value: float | None) -> Callable[[dict[str, Any]], dict[str, float | None]]:
    return lambda verdicts: dict.fromkeys(verdicts, value)


@pytest.fixture(
    params=["nothing", "one", "all resolved", "none resolved", "not measured", "no scores", "NaN"]
)
def poor(
    request: pytest.FixtureRequest, gather: Gather, instances: list[Instance], attempts: dict[str, Attempts]
) -> dict[str, Any]:
    """Results of a run that leaves something undefined."""
    cases: dict[str, Callable[[], dict[str, Any]]] = {
        "nothing": lambda: gather(instances, only(attempts, 0)),
        "one": lambda: gather(instances, only(attempts, 1)),
        "all resolved": lambda: gather(instances, with_outcome(attempts, "resolved")),
        "none resolved": lambda: gather(instances, with_outcome(attempts, "unresolved")),
        "not measured": lambda: gather(instances, with_outcome(attempts, "not_measured")),
        "no scores": lambda: gather(instances, attempts, scored(None)),
        "NaN": lambda: gather(instances, attempts, scored(nan)),
    }
    return cases[request.param]()


def without_reason(found: Any, place: str = "") -> Iterator[str]:
    """Yield the place of every estimate that has neither a value nor a reason."""
    if isinstance(found, dict):
        if "value" in found and found["value"] is None and not found.get("reason"):
            yield place
        for key, value in found.items():
            yield from without_reason(value, f"{place}.{key}")
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from without_reason(value, f"{place}.{number}")


def test_everything_undefined_says_why(poor: dict[str, Any]) -> None:
    """A reader met cells that said 'undefined' alone."""
    assert list(without_reason(poor)) == []
    numbers = headline_numbers(poor)
    assert [name for name, found in numbers.items() if found.value is None and not found.reason] == []
    assert [name for name, found in numbers.items() if found.value is not None and found.reason] == []
    tables = [*paper_tables(poor), *run_tables(poor)]
    bare = [
        (table.name, *row.cells)
        for table in tables
        for row in table.rows
        if row.origin == "this run" and UNDEFINED in row.cells
    ]
    assert bare == []
    assert [
        table.note for table in tables if f"{UNDEFINED} %" in table.note or f"{UNDEFINED}." in table.note
    ] == []
    drawn = draw_figures_of(poor, ("figure_1", "figure_4", "figure_verifier"))
    assert not any(re.search(r"\bnan\b", svg) for svg in drawn.values())
    for line in short_table(numbers):
        assert not line.rstrip().endswith(UNDEFINED)
    page = render_report(Report(Summary(numbers=numbers, seconds={}, seeds={}, versions={}), tables, {}))
    assert f"<td>{UNDEFINED}</td><td></td>" not in page
    assert f"{UNDEFINED} %" not in page


def test_attempts_that_were_not_measured_are_reported_as_that(
    gather: Gather, instances: list[Instance], attempts: dict[str, Attempts]
) -> None:
    numbers = headline_numbers(gather(instances, with_outcome(attempts, "not_measured")))
    rate = numbers["fine_tuned.resolve_rate"]
    assert (rate.value, rate.not_measured, rate.lower_bound, rate.upper_bound) == (0.0, 30, 0.0, 1.0)
    assert line_of("x", rate).n == "30 instances, 30 not measured: 0.0 % to 100.0 %"
    assert numbers["verifier.auc"].reason == "there are no attempts"
    assert (numbers["scaling.best_at_8"].lower_bound, numbers["scaling.best_at_8"].upper_bound) == (0.0, 1.0)


def test_the_page_shows_the_reason_beside_the_number() -> None:
    found = Number(
        **{"label": "x", "value": None, "n": 0, "of": "instances", "unit": "share"},
        **{"dataset": "d", "command": "c", "reason": "there are no attempts"},
    )
    assert line_of("x", found)[2:4] == ("undefined", "there are no attempts")

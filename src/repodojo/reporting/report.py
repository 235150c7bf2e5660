"""The report page: one file that needs nothing else, in light and dark."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from repodojo.reporting.figures import CAPTIONS, paper_note
from repodojo.reporting.published import CONFLICTS, SOURCE
from repodojo.reporting.summary import Number, Summary
from repodojo.reporting.summary_table import short_table
from repodojo.reporting.table import Table
from repodojo.reporting.text import UNDEFINED, number, percent, points
from repodojo.reporting.viewer.text import shown

_INTERVAL = re.compile(r"\[([^\[\],]+), ([^\[\],]+)\]")


class Line(NamedTuple):
    """One number as the page shows it."""

    name: str
    label: str
    value: str
    interval: str
    n: str
    dataset: str
    command: str


class Report(NamedTuple):
    """What the page shows."""

    summary: Summary
    tables: Sequence[Table]
    figures: Mapping[str, str]
    """SVG by name."""
    instances: Sequence[Mapping[str, Any]] = ()
    """For each instance its page, and attempts and successes by policy."""
    provenance: Mapping[str, Mapping[str, Any]] = {}
    """By dataset: the run and the commit that made it."""


def render_report(report: Report) -> str:
    """Render the page."""
    folder, summary = Path(__file__).parent, report.summary
    environment = Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True)
    environment.filters |= {"shown": shown, "cell": cell, "numbered": numbered}
    environment.globals["made_by"] = partial(made_by, report.provenance)
    environment.globals["recorded"] = report.provenance.keys()
    return environment.get_template("report.html.jinja").render(
        short_table=short_table(summary.numbers),
        lines=[line_of(name, found) for name, found in summary.numbers.items()],
        tables=report.tables,
        figures=[
            (name, report.figures[name], *CAPTIONS[name], paper_note(name)) for name in sorted(report.figures)
        ],
        instances=report.instances,
        groups=sorted({group for row in report.instances for group in row["attempts"]}),
        provenance=sorted(report.provenance.items()),
        conflicts=CONFLICTS,
        source=SOURCE,
        seconds=summary.seconds,
        seeds=summary.seeds,
        versions=summary.versions,
    )


def cell(text: str) -> str:
    """Return a cell's text with intervals that stay on one line."""
    return _INTERVAL.sub("[\\1,\u00a0\\2]", shown(text))


def numbered(name: str) -> str:
    """Return the number that the paper gives a table or figure: ``Table 3. ``; empty where it has none."""
    found = re.fullmatch(r"(table|figure)_(\d+)", name)
    return f"{found[1].capitalize()} {found[2]}. " if found else ""


def made_by(provenance: Mapping[str, Mapping[str, Any]], dataset: str) -> str:
    """Return the run and the commit that made a dataset, shortened."""
    found = provenance.get(dataset)
    if not found:
        return "run and commit not recorded"
    commit = str(found["commit"])
    changed = "+" if commit.endswith("+") else ""
    return f"run {str(found['run'])[:8] or 'unknown'}, commit {commit[:10] or 'unknown'}{changed}"


def line_of(name: str, found: Number) -> Line:
    """Return a number as text: percentages for shares, points for differences."""
    interval = found.reason
    if found.low is not None and found.high is not None:
        interval = f"{_text(found, found.low)} to {_text(found, found.high)}"
    rests_on = f"{found.n:,} {found.of}"
    if found.not_measured:
        rests_on += f", {found.not_measured} not measured"
        if found.lower_bound is not None and found.upper_bound is not None:
            rests_on += f": {_text(found, found.lower_bound)} to {_text(found, found.upper_bound)}"
    return Line(
        name, found.label, _text(found, found.value), interval, rests_on, found.dataset, found.command
    )


def _text(found: Number, value: float | None) -> str:
    if value is None:
        return UNDEFINED
    if found.unit == "count":
        return number(int(value))
    if found.unit == "turns":
        return number(value)
    return f"{percent(value)} %" if found.unit == "share" else f"{points(value)} points"

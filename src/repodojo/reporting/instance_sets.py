"""Tables 1 and 2 and figure 2 for any instance sets, the published ones beside.

described = {"ours": describe_rows(read_rows(Path("ours.jsonl")).rows)}
table = describe_sets(described)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from repodojo.instances.row_statistics import count_by_repository
from repodojo.instances.sources.row import SourceRow
from repodojo.reporting.figures import draw_figures_of
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.table import Row, Table, ours, published
from repodojo.reporting.text import as_printed

_MEASURED = {
    "instances": "instances",
    "repositories": "repos",
    "issue length, words": "issue_words",
    "non-test files": "non_test_files",
    "non-test lines": "non_test_lines",
    "gold patch: lines edited": "gold_lines",
    "gold patch: files edited": "gold_files",
    "gold patch: functions edited": "gold_functions",
    "FAIL_TO_PASS tests": "fail_to_pass",
    "tests in total": "tests",
}
"""The key of `describe_rows` for each row of the paper's Table 2."""


@dataclass(frozen=True)
class SetTraits:
    """What Table 1 says of a set and its rows do not."""

    executable: bool
    real_task: bool
    instances: int
    training: int


def compare_sets(sets: Mapping[str, SetTraits]) -> Table:
    """Return Table 1: what sets of repository-level tasks are, beside the published ones."""
    rows = [
        (name, "yes", _word(each.executable), _word(each.real_task), each.instances, each.training)
        for name, each in sets.items()
    ]
    return Table("table_1", TABLES[1].title, TABLES[1].columns, ours(*rows) + published(1), ())


def describe_sets(described: Mapping[str, Mapping[str, float | None]]) -> Table:
    """Return Table 2, a row for each set; ``described`` holds what `describe_rows` gives, by name."""
    rows = [(name, *(means[key] for key in _MEASURED.values())) for name, means in described.items()]
    printed = {row[0]: row[1:] for row in TABLES[2].rows}
    beside = tuple(
        Row("published", (name, *(as_printed(printed[column][index]) for column in _MEASURED)))
        for index, name in enumerate(TABLES[2].columns[1:])
    )
    return Table("table_2", TABLES[2].title, ("set", *_MEASURED), ours(*rows) + beside, ())


def draw_repositories(rows: Iterable[SourceRow]) -> str:
    """Return figure 2 of a set as SVG: instances by repository, the paper's beside."""
    counts = {repo: {"train": count} for repo, count in count_by_repository(rows).items()}
    return draw_figures_of({"instance_statistics": {"repositories": counts}}, ("figure_2",))["figure_2"]


def _word(holds: bool) -> str:
    return "yes" if holds else "no"

"""One table: rows that say whether we measured them or the paper printed them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from repodojo.reporting.published import Cell
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.text import as_printed, number

Origin = Literal["this run", "published"]


@dataclass(frozen=True)
class Row:
    """One row."""

    origin: Origin
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table, its cells as text."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    datasets: tuple[str, ...]
    """The catalog entries that our rows were computed from."""
    note: str = ""


def published(table: int, arrange: Callable[[tuple[Cell, ...]], Iterable[Cell]] = tuple) -> tuple[Row, ...]:
    """Return the rows that the paper printed, each arranged into our columns."""
    return tuple(
        Row("published", tuple(as_printed(cell) for cell in arrange(row))) for row in TABLES[table].rows
    )


def ours(*rows: Iterable[Cell]) -> tuple[Row, ...]:
    """Return rows that were measured here; None is undefined."""
    return tuple(Row("this run", tuple(number(cell) for cell in row)) for row in rows)


def as_markdown(table: Table) -> str:
    """Write a table as Markdown, the origin of each row in its first column."""
    lines = [
        ["", *table.columns],
        ["---"] * (len(table.columns) + 1),
        *([row.origin, *row.cells] for row in table.rows),
    ]
    body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines)
    return f"# {table.title}\n\n{body}\n\n{table.note}\n"

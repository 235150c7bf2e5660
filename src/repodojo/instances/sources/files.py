"""Reads and writes rows as JSON lines, JSON, parquet or CSV files."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from repodojo.errors import InputError
from repodojo.instances.sources.row import COLUMNS, Found, SourceRow, parse_rows, to_columns
from repodojo.json_values import parse_json

EXTRA = "repodojo_extra"
"""Column of a table that holds, as JSON text, the extra values that no column of text can."""
_LISTS = ("FAIL_TO_PASS", "PASS_TO_PASS", "issue_numbers")
_MOST_CELL = 1 << 30
Item = tuple[str, object]


def read_rows(path: Path) -> Found:
    """Read a file by its suffix; malformed rows are listed, the rest is kept.

    Raises:
        InputError: the file is missing, of another kind, or not readable at all.
    """
    if path.suffix not in _READERS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(_READERS)}")
    if not path.is_file():
        raise InputError(f"{path} does not exist; expected a file of rows with SWE-bench's columns")
    return parse_rows(_READERS[path.suffix](path))


def write_rows(rows: Iterable[SourceRow], path: Path) -> None:
    """Write rows by the file's suffix, replacing what was there at once.

    Raises:
        InputError: the suffix names no format.
    """
    if path.suffix not in _WRITERS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(_WRITERS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(rows_as_bytes(list(rows), path.suffix))
    unfinished.replace(path)


def rows_as_bytes(rows: Sequence[SourceRow], suffix: str) -> bytes:
    """Return rows as a file of one of `SUFFIXES` holds them."""
    return _WRITERS[suffix](rows)


def read_lines(path: Path) -> list[Item]:
    """Read (where, object) pairs of JSON lines; a malformed line is an `InputError` in its place."""
    lines = enumerate(path.read_bytes().split(b"\n"), start=1)
    return [
        (f"{path}, row {number}", _line(line, f"{path}, row {number}"))
        for number, line in lines
        if line.strip()
    ]


def _line(line: bytes, where: str) -> object:
    try:
        return parse_json(line, where)
    except InputError as error:
        return error


def _read_json(path: Path) -> list[Item]:
    value = parse_json(path.read_bytes(), str(path))
    if isinstance(value, dict) and "instance_id" in value:
        value = [value]
    if isinstance(value, dict):
        return [(f"{path}, row {key!r}", item) for key, item in value.items()]
    if isinstance(value, list):
        return [(f"{path}, row {number}", item) for number, item in enumerate(value, start=1)]
    raise InputError(f"{path}: expected a list of objects, found {type(value).__name__}")


def read_parquet(path: Path) -> list[Item]:
    """Read (where, row) pairs, without values that are null or empty.

    Raises:
        InputError: the file is not readable.
    """
    try:
        values = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable parquet file ({error}); fetch it again") from error
    return [(f"{path}, row {number}", _unfold(value)) for number, value in enumerate(values, start=1)]


def _read_csv(path: Path) -> list[Item]:
    """Read a CSV file; a carriage return inside quotes belongs to its cell."""
    text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    before = csv.field_size_limit(_MOST_CELL)
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: not a readable CSV file ({error})") from error
    finally:
        csv.field_size_limit(before)
    return [_cells(lines[0], line, f"{path}, row {n}") for n, line in enumerate(lines[1:], start=1) if line]


def _cells(names: Sequence[str], cells: Sequence[str], where: str) -> Item:
    if len(cells) != len(names):
        return where, InputError(f"{where}: expected {len(names)} cells, found {len(cells)}")
    return where, _unfold(dict(zip(names, cells, strict=True)))


def _unfold(columns: dict[str, Any]) -> dict[str, Any] | InputError:
    """Take a table's row apart: an empty cell of an extra column is no value."""
    folded = columns.pop(EXTRA, None)
    kept = {name: value for name, value in columns.items() if name in COLUMNS or value not in (None, "")}
    try:
        return {**kept, **(json.loads(folded) if folded else {})}
    except (TypeError, ValueError, RecursionError) as error:
        return InputError(f"column '{EXTRA}': expected JSON text, found {folded!r:.60} ({error})")


def _fold(row: SourceRow) -> dict[str, str | int | None]:
    """Make a table's row: lists as JSON text, as SWE-bench has them."""
    columns = to_columns(row)
    extra = {name: columns.pop(name) for name in row.extra}
    plain = {name: value for name, value in extra.items() if _is_plain(name, value)}
    rest = {name: value for name, value in extra.items() if name not in plain}
    for name in _LISTS:
        columns[name] = None if columns[name] is None else json.dumps(columns[name])
    return {**columns, **plain, **({EXTRA: json.dumps(rest)} if rest else {})}


def _is_plain(name: str, value: object) -> bool:
    return name.isidentifier() and name != EXTRA and isinstance(value, str) and value != ""


def _names(table: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys([*COLUMNS, *(name for line in table for name in line)]))


def _to_lines(rows: Sequence[SourceRow]) -> bytes:
    return b"".join(json.dumps(to_columns(row), ensure_ascii=False).encode() + b"\n" for row in rows)


def _to_json(rows: Sequence[SourceRow]) -> bytes:
    return json.dumps([to_columns(row) for row in rows], ensure_ascii=False, indent=1).encode() + b"\n"


def _to_parquet(rows: Sequence[SourceRow]) -> bytes:
    table = [_fold(row) for row in rows]
    kinds = [(name, pa.int64() if name == "pull_number" else pa.string()) for name in _names(table)]
    target = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(table, schema=pa.schema(kinds)), target)
    return bytes(target.getvalue().to_pybytes())


def _to_csv(rows: Sequence[SourceRow]) -> bytes:
    table = [_fold(row) for row in rows]
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, _names(table), lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(table)
    return target.getvalue().encode()


_READERS: dict[str, Callable[[Path], list[Item]]] = {
    ".jsonl": read_lines,
    ".json": _read_json,
    ".parquet": read_parquet,
    ".csv": _read_csv,
}
SUFFIXES = tuple(_READERS)
"""Of the files that can be read."""
_WRITERS: dict[str, Callable[[Sequence[SourceRow]], bytes]] = {
    ".jsonl": _to_lines,
    ".json": _to_json,
    ".parquet": _to_parquet,
    ".csv": _to_csv,
}

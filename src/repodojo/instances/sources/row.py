"""The row that every source gives: SWE-bench's columns, the rest kept as it came.

Reading forgives what published sets do (test lists as JSON text, Python text, numpy text or null, a missing
version, numbers as text) and refuses what no later step could use. Texts stay as they came, byte for byte:
`applicable_patch` gives the form that git applies.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from repodojo.errors import InputError
from repodojo.grading.patches import parse_patch
from repodojo.instances.sources.test_lists import parse_names
from repodojo.json_values import json_object, json_value
from repodojo.types import SCHEMA_VERSION, check_version

MOST_PATCH_CHARACTERS = 10_000_000
"""A larger patch is refused before anything reads it."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,179}")
_REPO = re.compile(r"[A-Za-z0-9_][\w.-]*/[\w.-]+", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_HEADER_WITH_CR = re.compile(r"^(?:diff --git |--- |\+\+\+ |@@ ).*\r$", re.MULTILINE)
_HEADER = re.compile(r"^(?:diff --git |@@ -).*$", re.MULTILINE)


@dataclass(frozen=True)
class SourceRow:
    """One task as a source knows it, before anything was built or run."""

    instance_id: str
    repo: str
    """``owner/repo``."""
    base_commit: str
    patch: str
    test_patch: str
    problem_statement: str
    hints_text: str = ""
    created_at: str = ""
    version: str = ""
    """Empty where the source names none."""
    FAIL_TO_PASS: tuple[str, ...] | None = None
    """None where no one has run the tests."""
    PASS_TO_PASS: tuple[str, ...] | None = None
    pull_number: int | None = None
    issue_numbers: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Every other column, as JSON values."""
    schema_version: int = SCHEMA_VERSION


class Rejection(NamedTuple):
    """A row, candidate or file that gave no row, and why."""

    where: str
    """File and row, folder, pull request or commit."""
    reason: str
    """One word, then the details."""
    instance_id: str = ""


class Found(NamedTuple):
    """What a source gave."""

    rows: list[SourceRow]
    rejected: list[Rejection]


COLUMNS = tuple(name for name in SourceRow.__dataclass_fields__ if name not in ("extra", "schema_version"))
_REQUIRED = ("instance_id", "repo", "base_commit", "patch", "problem_statement")


def parse_row(data: object, where: str) -> SourceRow:
    """Read a row of any published set.

    Raises:
        InputError: naming ``where``, the field, what was expected and what was found.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: expected an object with SWE-bench's columns, found {type(data).__name__}")
    columns = {str(key): value for key, value in data.items()}
    if columns.get("schema_version") is not None:
        check_version(columns, where)
    for name in _REQUIRED:
        if not isinstance(columns.get(name), str) or not columns[name].strip():
            found = repr(columns[name])[:80] if name in columns else "nothing"
            raise InputError(f"{where}: field '{name}': expected a text that is not empty, found {found}")

    def text(name: str) -> str:
        return _text(columns.get(name), f"{where}: field '{name}'")

    row = SourceRow(
        instance_id=columns["instance_id"],
        repo=columns["repo"],
        base_commit=columns["base_commit"],
        patch=columns["patch"],
        problem_statement=columns["problem_statement"],
        test_patch=text("test_patch"),
        hints_text=text("hints_text"),
        created_at=text("created_at"),
        version=text("version"),
        FAIL_TO_PASS=parse_names(columns.get("FAIL_TO_PASS"), f"{where}: field 'FAIL_TO_PASS'"),
        PASS_TO_PASS=parse_names(columns.get("PASS_TO_PASS"), f"{where}: field 'PASS_TO_PASS'"),
        pull_number=_number(columns.get("pull_number"), f"{where}: field 'pull_number'"),
        issue_numbers=parse_names(columns.get("issue_numbers"), f"{where}: field 'issue_numbers'") or (),
        extra={
            name: json_value(value, f"{where}: field '{name}'")
            for name, value in columns.items()
            if name not in (*COLUMNS, "schema_version")
        },
    )
    check_row(row, where)
    return row


def check_row(row: SourceRow, where: str) -> None:
    """Refuse a row that no later step could use.

    Raises:
        InputError: naming ``where`` and the field.
    """
    check_id(row.instance_id, f"{where}: field 'instance_id'")
    shapes = (
        ("repo", _REPO, "owner/repo"),
        ("base_commit", _COMMIT, "7 to 64 lower-case hexadecimal digits"),
    )
    for name, shape, expected in shapes:
        if not shape.fullmatch(getattr(row, name)):
            raise InputError(
                f"{where}: field '{name}': expected {expected}, found {getattr(row, name)[:80]!r}"
            )
    json_object(to_columns(row), where)
    for name in ("patch", "test_patch"):
        check_patch(getattr(row, name), f"{where}: field '{name}'")


def check_id(instance_id: str, where: str) -> None:
    """Refuse a name that cannot stand in file names, as an instance's does.

    Raises:
        InputError: naming ``where``.
    """
    if not _ID.fullmatch(instance_id):
        raise InputError(
            f"{where}: expected letters, digits, '_', '.', '+' and '-', at most 180 that start with a letter "
            f"or a digit, found {instance_id[:80]!r}"
        )


def check_patch(patch: str, where: str) -> None:
    """Refuse a patch that is too large, leaves the repository, or holds no file.

    Raises:
        InputError: naming ``where``.
    """
    if len(patch) > MOST_PATCH_CHARACTERS:
        raise InputError(
            f"{where}: patch_too_large: {len(patch)} characters, expected at most {MOST_PATCH_CHARACTERS}"
        )
    try:
        files = parse_patch(applicable_patch(patch))
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    if patch.strip() and not files:
        raise InputError(f"{where}: expected a git diff ('diff --git a/... b/...'), found {patch[:60]!r}")


def applicable_patch(patch: str) -> str:
    """Return the patch as git applies it.

    Without the carriage returns of a patch whose headers have them too (the whole text was converted; a
    carriage return on content lines alone is the file's own), and with a last line end.
    """
    if _HEADER_WITH_CR.search(patch) and not any(
        not header.endswith("\r") for header in _HEADER.findall(patch)
    ):
        patch = patch.replace("\r\n", "\n")
    return patch if not patch.strip() or patch.endswith("\n") else patch + "\n"


def to_columns(row: SourceRow) -> dict[str, Any]:
    """Return the row's columns with JSON values; an extra column stands beside the others."""
    columns: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS}
    for name in ("FAIL_TO_PASS", "PASS_TO_PASS", "issue_numbers"):
        columns[name] = None if columns[name] is None else list(columns[name])
    return {**row.extra, **columns}


def parse_rows(items: Sequence[tuple[str, object]]) -> Found:
    """Read (where, row) pairs; the malformed and the repeated are listed, the rest is kept."""
    rows: dict[str, SourceRow] = {}
    rejected = []
    for where, item in items:
        name = item.get("instance_id", "") if isinstance(item, Mapping) else ""
        try:
            if isinstance(item, InputError):
                raise item
            row = parse_row(item, where)
            if row.instance_id in rows:
                raise InputError(f"{where}: duplicate: instance_id {row.instance_id!r} is there already")
        except InputError as error:
            rejected.append(Rejection(where, str(error), name if isinstance(name, str) else ""))
        else:
            rows[row.instance_id] = row
    return Found(list(rows.values()), rejected)


def merge(parts: Iterable[Found]) -> Found:
    """Join what several sources gave; of rows with the same id the first is kept, the others are listed."""
    rows: dict[str, SourceRow] = {}
    rejected = []
    for part in parts:
        rejected += part.rejected
        for row in part.rows:
            if rows.setdefault(row.instance_id, row) is not row:
                reason = "duplicate: an earlier source has it"
                rejected.append(Rejection(f"{row.repo}@{row.base_commit}", reason, row.instance_id))
    return Found(list(rows.values()), rejected)


def _text(value: object, where: str) -> str:
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{where}: expected text or null, found {type(value).__name__}")


def _number(value: object, where: str) -> int | None:
    text = _text(value, where).removesuffix(".0")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{where}: expected a number or null, found {text[:40]!r}")
    return int(text)

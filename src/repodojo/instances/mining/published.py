"""Which published rows belong to which repository, and when each was made."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from repodojo.errors import InputError
from repodojo.instances.sources.clone import Clone
from repodojo.instances.sources.row import Found, Rejection, SourceRow

_SLUG = re.compile(r"[A-Za-z0-9][\w.-]{0,79}?__[\w.-]{1,100}", re.ASCII)
_UNKNOWN = "unknown"
"""In place of a repository that a malformed row does not tell."""
_NO_DATE = "no_date: field 'created_at': expected a time"
_YEARS = range(1990, 2101)


def published_of(repo: str, published: Found) -> Found:
    """Return the rows of a repository, named as its clone is, and the malformed ones whose id names it."""
    slug = _slug(repo).lower()
    mine = [replace(row, repo=repo) for row in published.rows if row.repo.lower() == repo.lower()]
    return Found(mine, [each for each in published.rejected if _slug_of(each).lower() == slug])


def without_repository(published: Found, slugs: set[str]) -> Iterator[tuple[str, Rejection]]:
    """Yield (slug, why it is not tried) of every row, malformed or not, of no repository among ``slugs``.

    Slugs compare in lower case; one that cannot be told, or stand in file names, is ``unknown``.
    """
    rejected = [(_slug(row.repo), _no_clone(row)) for row in published.rows]
    rejected += [(_slug_of(each), each) for each in published.rejected]
    for slug, rejection in rejected:
        if slug.lower() not in slugs:
            yield slug if _SLUG.fullmatch(slug) else _UNKNOWN, rejection


def date_rows(clone: Clone, rows: Sequence[SourceRow]) -> Found:
    """Return the rows, newest first; one without a date has that of its base commit, or is rejected."""
    dated, undated = [], []
    for row in rows:
        try:
            dated.append(_with_date(clone, row))
        except InputError as error:
            undated.append(Rejection(_where(row), str(error), row.instance_id))
    return Found(sorted(dated, key=lambda row: (created(row), row.instance_id), reverse=True), undated)


def created(row: SourceRow) -> datetime:
    """Return when a row was made; a time without a zone is UTC.

    Raises:
        InputError: the row tells no time, or one that no package index and no Python is from.
    """
    try:
        when = datetime.fromisoformat(row.created_at)
    except ValueError as error:
        raise InputError(f"{_NO_DATE} in ISO 8601, found {row.created_at!r:.60} ({error})") from error
    if when.year not in _YEARS:
        raise InputError(
            f"{_NO_DATE} in ISO 8601, of the years {_YEARS[0]} to {_YEARS[-1]}, found {row.created_at!r:.60}"
        )
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _with_date(clone: Clone, row: SourceRow) -> SourceRow:
    try:
        date = row.created_at or clone.text("show", "--no-patch", "--format=%cI", row.base_commit, "--")
    except InputError as error:
        raise InputError(f"{_NO_DATE} in ISO 8601, found '' ({error})") from error
    row = replace(row, created_at=date)
    created(row)
    return row


def _no_clone(row: SourceRow) -> Rejection:
    reason = f"no_clone: no clone of {row.repo} is in the folder of clones"
    return Rejection(_where(row), reason, row.instance_id)


def _where(row: SourceRow) -> str:
    return f"{row.repo}@{row.base_commit}"


def _slug(repo: str) -> str:
    return repo.replace("/", "__")


def _slug_of(rejection: Rejection) -> str:
    return rejection.instance_id.rpartition("-")[0]

"""Rows from the commits of a main line that change code and tests together, offline.

A merge commit and a squashed pull request are one change each: what differs from the first parent. A change
that a later commit takes back is no task, and neither is the taking back; where that was taken back in turn,
the change counts again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from repodojo.errors import InputError
from repodojo.instances.sources.clone import Clone, Commit
from repodojo.instances.sources.diffs import changes_code_and_tests, read_diff
from repodojo.instances.sources.links import linked_issues
from repodojo.instances.sources.row import Found, Rejection, SourceRow, check_row
from repodojo.instances.sources.statements import (
    Issues,
    clean_message,
    pull_number,
    write_hints,
    write_statement,
)

_REVERTED_SHA = re.compile(r"This reverts (?:merge )?commit ([0-9a-f]{7,64})")
_REVERTED_PULL = re.compile(r"^Reverts \S*#(\d+)", re.MULTILINE)
_REVERTED_SUBJECT = re.compile(r'^Revert "(.*)"(?: \(#\d+\))?$')
_SHOWN_HASH = 12


@dataclass(frozen=True)
class Reverts:
    """Who takes back whom."""

    by: Mapping[str, str]
    """The commit that takes it back, by the commit taken back; both stand at the end."""
    of: Mapping[str, str]
    """The commit taken back, by the commit that takes it back; whether or not that stands."""


class Change(NamedTuple):
    """A commit that changes code and tests."""

    where: str
    instance_id: str
    read: Callable[[], SourceRow]
    """Raises InputError where it is no task; takes git several calls, so that a long history is read as far
    as it is needed."""


def find_changes(clone: Clone, repo: str, issues: Issues | None = None) -> list[Change]:
    """Return the commits of the main line that change code and tests together, newest first."""
    commits = clone.main_line("HEAD", paths=True)
    reverts = pair_reverts(commits)
    changes = []
    for commit in commits:
        if changes_code_and_tests(commit.paths):
            name = f"{repo.replace('/', '__')}-{commit.sha[:_SHOWN_HASH]}"
            read = partial(_read_change, clone, repo, name, commit, reverts, issues or {})
            changes.append(Change(f"{repo}@{commit.sha}", name, read))
    return changes


def read_history(clone: Clone, repo: str, issues: Issues | None = None) -> Found:
    """Return a row for each commit of the main line that is a task, the others with code and tests listed."""
    rows: list[SourceRow] = []
    rejected = []
    for change in find_changes(clone, repo, issues):
        try:
            rows.append(change.read())
        except InputError as error:
            rejected.append(Rejection(change.where, str(error), change.instance_id))
    return Found(rows, rejected)


def pair_reverts(commits: Sequence[Commit]) -> Reverts:
    """Pair what was taken back, by hash, pull request or subject; ``commits`` are newest first."""
    of: dict[str, str] = {}
    by: dict[str, str] = {}
    for position, commit in enumerate(commits):
        target = _find_reverted(commit, commits[position + 1 :])
        if target is None:
            continue
        of[commit.sha] = target.sha
        if commit.sha not in by:
            by[target.sha] = commit.sha
    return Reverts(by, of)


def _find_reverted(commit: Commit, older: Sequence[Commit]) -> Commit | None:
    if found := _REVERTED_SHA.search(commit.message):
        return next(
            (c for c in older if found[1] in (c.sha[: len(found[1])], *_short(c, len(found[1])))), None
        )
    if found := _REVERTED_PULL.search(commit.message):
        return next((c for c in older if pull_number(c.subject) == int(found[1])), None)
    if found := _REVERTED_SUBJECT.match(commit.subject):
        return next((c for c in older if c.subject == found[1]), None)
    return None


def _short(commit: Commit, length: int) -> list[str]:
    """Return the merged heads: taking back a pull request's only commit takes back its merge."""
    return [parent[:length] for parent in commit.parents[1:]]


def _check_reverts(commit: Commit, reverts: Reverts) -> None:
    if commit.sha in reverts.of:
        raise InputError(f"revert: it takes back {reverts.of[commit.sha]}")
    if commit.sha in reverts.by:
        raise InputError(f"reverted: {reverts.by[commit.sha]} takes it back")


def _read_change(
    clone: Clone, repo: str, name: str, commit: Commit, reverts: Reverts, issues: Issues
) -> SourceRow:
    _check_reverts(commit, reverts)
    where = f"{repo}@{commit.sha}"
    if not commit.parents:
        raise InputError("no_base: it has no parent")
    base = commit.parents[0]
    patches = read_diff(clone.diff(base, commit.sha), where)
    if not patches.patch.strip() or not patches.test_patch.strip():
        raise InputError("no_patch: nothing but renamed or emptied files")
    messages = _merged_messages(clone, commit)
    linked = linked_issues("\n".join([commit.message, *messages]), "every", repo)
    known = [issues[number] for number in linked if number in issues]
    own = clean_message(commit.message)
    statement = write_statement(known) or own or "\n\n".join(map(clean_message, messages))
    if not statement.strip():
        raise InputError("no_text: neither an issue nor a commit message says anything")
    row = SourceRow(
        instance_id=name,
        repo=repo,
        base_commit=base,
        patch=patches.patch,
        test_patch=patches.test_patch,
        problem_statement=statement,
        hints_text=write_hints(known, commit.date),
        created_at=commit.date,
        pull_number=pull_number(commit.subject),
        issue_numbers=linked,
        extra={
            "source": "history",
            "commit": commit.sha,
            "statement_from": "issues" if known else "messages",
        },
    )
    row = replace(row, extra={**row.extra, "shape": _shape(commit)})
    check_row(row, where)
    return row


def _shape(commit: Commit) -> str:
    if len(commit.parents) > 1:
        return "merge"
    return "commit" if pull_number(commit.subject) is None else "squash"


def _merged_messages(clone: Clone, commit: Commit) -> list[str]:
    if len(commit.parents) < 2:
        return []
    printed = clone.text(
        "log", "-z", "--reverse", "--format=%B", f"{commit.parents[0]}..{commit.sha}^2", "--"
    )
    return [message.strip("\n") for message in printed.split("\0") if message.strip()]

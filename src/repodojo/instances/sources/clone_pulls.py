"""Rows from the pull requests of a clone that carries ``refs/pull/N/head``, offline.

git knows neither a pull request's text nor its issues: both come from ``issues`` where the caller has them,
else from commit messages (the extra column ``statement_from`` says which). ``base_commit`` is the commit
that the diff is taken from: the one that GitHub's API names, or an ancestor with the same content in what the
patch touches.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from repodojo.errors import InputError
from repodojo.instances.sources.clone import Clone, Commit
from repodojo.instances.sources.diffs import TestRule, read_diff
from repodojo.instances.sources.links import LinkRule, linked_issues
from repodojo.instances.sources.row import Found, Rejection, SourceRow, check_row
from repodojo.instances.sources.statements import (
    Issues,
    clean_message,
    pull_number,
    write_hints,
    write_statement,
)

_REF = re.compile(r"refs/(?:remotes/[^/]+/)?pull/(\d+)(?:/head)?")


@dataclass(frozen=True)
class PullRules:
    """What makes a pull request an instance."""

    links: LinkRule = "published"
    require_issue: bool = False
    """Whether a linked issue is demanded; commit messages name fewer than pull requests do."""
    require_tests: bool = True
    """Whether it must change tests (the smaller of the two published lists)."""
    tests: TestRule = "contains"
    """Which paths are tests."""
    python_only: bool = False
    """Whether the patch keeps nothing but Python files, as SWE-bench's published rows do."""


PUBLISHED_RULES = PullRules(links="published", require_issue=True, require_tests=True)
"""Those that SWE-Gym Raw was made with, from GitHub's API."""


class Merged(NamedTuple):
    """How a pull request reached a main line."""

    head: str
    before: str
    """The main line's commit before it."""
    commit: Commit
    """The main line's commit that brought it."""


def read_clone_pulls(
    clone: Clone, repo: str, rules: PullRules = PullRules(), issues: Issues | None = None
) -> Found:
    """Return a row for each merged pull request that the rules take, the others with their reason."""
    rows: list[SourceRow] = []
    rejected = []
    lines = MainLines(clone)
    for number, head in sorted(pull_heads(clone).items()):
        where = f"{repo}#{number}"
        try:
            rows.append(_make_row(clone, repo, number, lines.find(number, head), rules, issues or {}))
        except InputError as error:
            rejected.append(Rejection(where, str(error), f"{repo.replace('/', '__')}-{number}"))
    return Found(rows, rejected)


def pull_heads(clone: Clone) -> dict[int, str]:
    """Return the heads of pull requests by number."""
    refs = {**clone.refs("refs/pull"), **clone.refs("refs/remotes")}
    return {int(found[1]): sha for name, sha in refs.items() if (found := _REF.fullmatch(name))}


class MainLines:
    """The main line of a clone, and after it those of its other branches; read once."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone

    def find(self, number: int, head: str) -> Merged:
        """Return how a pull request was merged.

        Raises:
            InputError: it was not, or nothing tells where it begins.
        """
        commit = self._by_parent.get(head) or self._by_number.get(number)
        if commit is None and head in self._reachable:
            commit = self._first_with(head)
        if commit is None:
            raise InputError("not_merged: no main line has its head, nor names its number")
        if not commit.parents:
            raise InputError(f"no_base: {commit.sha} has no parent")
        merged = head if len(commit.parents) == 1 or head in commit.parents else commit.parents[1]
        return Merged(merged, commit.parents[0], commit)

    def _first_with(self, head: str) -> Commit:
        path = self._clone.text("rev-list", "--first-parent", "--ancestry-path", f"{head}..HEAD").splitlines()
        commit = self._by_sha.get(path[-1]) if path else None
        if commit is None or len(commit.parents) < 2:
            raise InputError(
                "no_base: it was merged without a merge commit, so nothing tells where it begins"
            )
        return commit

    @cached_property
    def _commits(self) -> list[Commit]:
        return list(_once([*self._clone.main_line("HEAD"), *self._clone.main_line("--branches", "HEAD")]))

    @cached_property
    def _by_sha(self) -> Mapping[str, Commit]:
        return {commit.sha: commit for commit in self._commits}

    @cached_property
    def _by_parent(self) -> Mapping[str, Commit]:
        return {parent: commit for commit in reversed(self._commits) for parent in commit.parents[1:]}

    @cached_property
    def _by_number(self) -> Mapping[int, Commit]:
        """The oldest commit that names a number: later ones quote it."""
        named = ((pull_number(commit.subject), commit) for commit in self._commits)
        return {number: commit for number, commit in named if number is not None}

    @cached_property
    def _reachable(self) -> frozenset[str]:
        return frozenset(self._clone.text("rev-list", "HEAD").splitlines())


def _once(commits: list[Commit]) -> Iterator[Commit]:
    yield from {commit.sha: commit for commit in commits}.values()


def _make_row(
    clone: Clone, repo: str, number: int, merged: Merged, rules: PullRules, issues: Issues
) -> SourceRow:
    where = f"{repo}#{number}"
    base = clone.merge_base(merged.head, merged.before)
    new = merged.commit.sha if base == merged.head else merged.head
    patches = read_diff(clone.diff(base, new), where, rules.python_only, rules.tests)
    if not patches.patch.strip():
        raise InputError("no_patch: it changes nothing but tests")
    if rules.require_tests and not patches.test_patch.strip():
        raise InputError("no_tests: it changes no test")
    printed = clone.text("log", "-z", "--reverse", "--format=%aI%n%B", f"{base}..{merged.head}", "--")
    dates, messages = _read_log(printed)
    message = clean_message(merged.commit.message)
    own = issues.get(str(number))
    parts = [own.title, own.body, *messages] if own else [merged.commit.message, *messages]
    linked = linked_issues("\n".join(parts), rules.links, repo)
    if rules.require_issue and not linked:
        raise InputError("no_issue: no closing keyword with a number")
    known = [issues[name] for name in linked if name in issues]
    statement = write_statement(known) or "\n\n".join(dict.fromkeys([message, *map(clean_message, messages)]))
    if not statement.strip():
        raise InputError("no_text: neither an issue nor a commit message says anything")
    row = SourceRow(
        instance_id=f"{repo.replace('/', '__')}-{number}",
        repo=repo,
        base_commit=base,
        patch=patches.patch,
        test_patch=patches.test_patch,
        problem_statement=statement.strip("\n") + "\n" if not known else statement,
        hints_text=write_hints(known, dates[0] if dates else ""),
        created_at=dates[0] if dates else merged.commit.date,
        pull_number=number,
        issue_numbers=linked,
        extra={"source": "clone_pulls", "statement_from": "issues" if known else "messages"},
    )
    check_row(row, where)
    return row


def _read_log(printed: str) -> tuple[list[str], list[str]]:
    pairs = [record.partition("\n") for record in printed.split("\0") if record]
    return [date for date, _, _ in pairs], [message.strip("\n") for _, _, message in pairs]

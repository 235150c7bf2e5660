"""Rows from GitHub's pull requests, by the rules that SWE-Gym Raw was made with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from repodojo.errors import InputError, SourceError
from repodojo.instances.sources.clone_pulls import PUBLISHED_RULES, PullRules
from repodojo.instances.sources.diffs import read_diff
from repodojo.instances.sources.github_api import GitHubApi
from repodojo.instances.sources.links import linked_issues
from repodojo.instances.sources.row import Found, Rejection, SourceRow, check_row
from repodojo.instances.sources.statements import Comment, Issue, write_hints, write_statement


def read_github_pulls(
    api: GitHubApi, repo: str, rules: PullRules = PUBLISHED_RULES, before: datetime | None = None
) -> Found:
    """Return a row for each closed pull request that the rules take, the others with their reason.

    Args:
        api: where to ask.
        repo: ``owner/repo``.
        rules: what makes an instance.
        before: take those created before.

    Raises:
        SourceError: the API cannot be read, or knows no such repository.
    """
    rows: dict[str, SourceRow] = {}
    rejected: dict[str, Rejection] = {}
    asked = {"state": "closed", "sort": "created", "direction": "asc"}
    for pull in api.items(f"/repos/{repo}/pulls", required=True, **asked):
        if before is not None and datetime.fromisoformat(pull["created_at"]) >= before:
            break
        where = f"{repo}#{pull['number']}"
        name = f"{repo.replace('/', '__')}-{pull['number']}"
        try:
            rows[name] = _make_row(api, repo, pull, rules)
        except InputError as error:
            rejected[name] = Rejection(where, str(error), name)
    return Found(list(rows.values()), list(rejected.values()))


def _make_row(api: GitHubApi, repo: str, pull: dict[str, Any], rules: PullRules) -> SourceRow:
    number = pull["number"]
    where = f"{repo}#{number}"
    if not pull.get("merged_at"):
        raise InputError("not_merged: it was closed without a merge")
    commits = list(api.items(f"/repos/{repo}/pulls/{number}/commits"))
    texts = [
        pull.get("title") or "",
        pull.get("body") or "",
        *(each["commit"]["message"] for each in commits),
    ]
    linked = linked_issues("\n".join(texts), rules.links, repo)
    if rules.require_issue and not linked:
        raise InputError("no_issue: no closing keyword with a number")
    diff = api.diff(f"/repos/{repo}/pulls/{number}")
    if diff is None:
        raise InputError("no_diff: GitHub prints none, as it does where it is too large")
    patches = read_diff(diff, where, rules.python_only, rules.tests)
    if not patches.patch.strip():
        raise InputError("no_patch: it changes nothing but tests")
    if rules.require_tests and not patches.test_patch.strip():
        raise InputError("no_tests: it changes no test")
    issues = list(_read_issues(api, repo, linked))
    statement = write_statement(issues) if linked else "\n".join(texts[:2]) + "\n"
    if not statement.strip():
        raise InputError("no_text: none of its issues is there")
    row = SourceRow(
        instance_id=f"{repo.replace('/', '__')}-{number}",
        repo=repo,
        base_commit=pull["base"]["sha"],
        patch=patches.patch,
        test_patch=patches.test_patch,
        problem_statement=statement,
        hints_text=write_hints(issues, commits[0]["commit"]["author"]["date"] if commits else ""),
        created_at=pull["created_at"],
        pull_number=number,
        issue_numbers=linked,
        extra={"source": "github_pulls"},
    )
    check_row(row, where)
    return row


def _read_issues(api: GitHubApi, repo: str, numbers: tuple[str, ...]) -> Iterator[Issue]:
    for number in numbers:
        issue = api.item(f"/repos/{repo}/issues/{number}")
        if issue is None:
            continue
        comments = api.items(f"/repos/{repo}/issues/{number}/comments")
        kept = tuple(Comment(each.get("body") or "", each["updated_at"]) for each in comments)
        yield Issue(number, issue.get("title") or "", issue.get("body") or "", kept)


@dataclass(frozen=True)
class RepositoryFacts:
    """What the repository filter looks at; None where nobody counted."""

    language: str
    created_at: str
    """ISO 8601."""
    stars: int
    pulls: int
    contributors: int
    lines: int | None = None


def unfit(facts: RepositoryFacts) -> list[str]:
    """Return why a repository is no source of SWE-Gym Raw; empty where it is one."""
    checks = {
        "not_python": facts.language == "Python",
        "too_young": datetime.fromisoformat(facts.created_at)
        < datetime.fromisoformat("2022-07-01T00:00:00Z"),
        "too_few_stars": facts.stars > 500,
        "too_few_lines": facts.lines is None or facts.lines >= 300,
        "too_few_pulls": facts.pulls > 500,
        "too_few_contributors": facts.contributors >= 100,
    }
    return [reason for reason, holds in checks.items() if not holds]


def read_facts(api: GitHubApi, repo: str, lines: int | None = None) -> RepositoryFacts:
    """Ask for what the filter looks at; ``lines`` come from a clone.

    Raises:
        SourceError: there is no such repository, or it cannot be read.
    """
    found = api.item(f"/repos/{repo}")
    if found is None:
        raise SourceError(f"{repo}: GitHub has no such repository, or the token may not see it")
    return RepositoryFacts(
        language=found.get("language") or "",
        created_at=found["created_at"],
        stars=found["stargazers_count"],
        pulls=_count(api, f"/repos/{repo}/pulls", state="all"),
        contributors=_count(api, f"/repos/{repo}/contributors", anon="true"),
        lines=lines,
    )


def _count(api: GitHubApi, path: str, **parameters: object) -> int:
    """Return the length of a list, from the number of its last page of one."""
    page = api.page(api.address(path, per_page=1, **parameters))
    if page.last:
        return int(parse_qs(urlsplit(page.last).query)["page"][0])
    return 0 if page.body.strip() in ("", "[]") else 1

"""Problem statements and hints, from issues or, where there is no issue text, from commit messages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from repodojo.errors import InputError

_TRAILERS = "Signed-off-by|Co-authored-by|Reviewed-by|Reviewed-on|Acked-by|Change-Id|PR-URL|git-svn-id"
_NOISE = re.compile(
    r"^(?:Merge (?:pull request|branch|remote-tracking branch) .*|"
    rf"(?:{_TRAILERS}):.*|\(cherry picked from .*\))$",
    re.MULTILINE | re.IGNORECASE,
)
_PULL_NUMBER = re.compile(r"\s*\(#(\d+)\)$", re.MULTILINE)
_MERGE = re.compile(r"^Merge pull request #(\d+)")
_SQUASH = re.compile(r"\(#(\d+)\)\s*$")


@dataclass(frozen=True)
class Comment:
    """A comment of an issue."""

    body: str
    updated_at: str
    """ISO 8601."""


@dataclass(frozen=True)
class Issue:
    """An issue, or the conversation of a pull request, which has a number of the same series."""

    number: str
    title: str
    body: str
    comments: tuple[Comment, ...] = field(default=())


Issues = Mapping[str, Issue]
"""By number."""


def write_statement(issues: Iterable[Issue]) -> str:
    """Return SWE-bench's problem statement: title and body of each linked issue."""
    return "".join(f"{issue.title}\n{issue.body}\n" for issue in issues)


def write_hints(issues: Iterable[Issue], first_commit: str) -> str:
    """Return the comments last changed before the first commit; each issue's end at the first later one.

    Raises:
        InputError: the commit's date is none.
    """
    if not first_commit:
        return ""
    try:
        start = datetime.fromisoformat(first_commit)
    except ValueError as error:
        raise InputError(f"no_date: expected a time in ISO 8601, found {first_commit!r:.60}") from error
    return "\n".join("\n".join(_early(issue.comments, start)) for issue in issues)


def _early(comments: Iterable[Comment], start: datetime) -> list[str]:
    bodies = []
    for comment in comments:
        if datetime.fromisoformat(comment.updated_at) >= start:
            break
        bodies.append(comment.body)
    return bodies


def clean_message(message: str) -> str:
    """Return a commit message without merge lines, trailers and pull request numbers."""
    text = _PULL_NUMBER.sub("", _NOISE.sub("", message))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def pull_number(subject: str) -> int | None:
    """Return the pull request that a main line's commit says it brings: GitHub's merge or squash subject."""
    found = _MERGE.match(subject) or _SQUASH.search(subject)
    return int(found[1]) if found else None

"""The instances that imported trajectories are of, as far as their names tell.

Enough to deduplicate, cap and train on attempts; nothing can be built, run or graded with them.
"""

import re
from collections.abc import Iterable

from repodojo.types import Instance, Trajectory

_NAME = re.compile(r"(?P<owner>.+?)__(?P<repo>.+?)(?:\.[0-9a-f]{8}\..*|-[^-]*)?")
"""``owner__repo-123``; SWE-smith's ``owner__repo.commit.pr_123``."""


def instances_of(trajectories: Iterable[Trajectory]) -> list[Instance]:
    """Return an instance for each name, in order, all of split ``train``."""
    issues: dict[str, str] = {}
    for each in trajectories:
        first = next((message.content for message in each.messages if message.role == "user"), "")
        issues.setdefault(each.instance_id, first)
    return [_instance(name, issue) for name, issue in sorted(issues.items())]


def _instance(name: str, issue: str) -> Instance:
    match = _NAME.fullmatch(name)
    return Instance(
        instance_id=name,
        repo=f"{match['owner']}/{match['repo']}" if match else name,
        version="",
        base_commit="",
        problem_statement=issue,
        patch="",
        test_patch="",
        FAIL_TO_PASS=(),
        PASS_TO_PASS=(),
        environment="",
        test_files=(),
        metadata={"source": "imported"},
    )

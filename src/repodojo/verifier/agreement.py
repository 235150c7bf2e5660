"""Agreement among patches: how many of an instance's other attempts made the same change.

Patches are compared by what they change: file, removed and added lines, without line numbers, blanks at the
ends and lines of comments only. Empty patches agree with nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from repodojo.grading.hunks import changed_lines
from repodojo.types import Trajectory


def normalise_patch(patch: str) -> str:
    """Return what a git diff changes: its files, each with the lines removed and added as one hunk."""
    parts = re.split(r"^(?=diff --git )", patch, flags=re.MULTILINE)
    files = [(part.split("\n", 1)[0], list(_substance(part))) for part in parts if part.startswith("diff ")]
    if not any(lines for _, lines in files):
        return ""
    return "\n".join("\n".join([name, "@@", *lines]) for name, lines in files)


def _substance(part: str) -> Iterator[str]:
    """Yield the changed lines of one file, blanks at the ends, empty lines and Python's comments left out."""
    is_python = part.split("\n", 1)[0].endswith(".py")
    for line in changed_lines(part):
        text = line[1:].strip()
        if text and not (is_python and text.startswith("#")):
            yield line[:1] + text


def agreement(trajectories: Iterable[Trajectory]) -> dict[str, float]:
    """Return the share of the other attempts at the same instance with the same change, by rollout_id.

    0.0 for an empty patch and for the only attempt at an instance.
    """
    groups: dict[str, dict[str, str]] = {}
    for each in trajectories:
        groups.setdefault(each.instance_id, {})[each.rollout_id] = normalise_patch(each.model_patch)
    return {key: value for patches in groups.values() for key, value in _shares(patches).items()}


def _shares(patches: Mapping[str, str]) -> dict[str, float]:
    votes, others = Counter(patches.values()), max(1, len(patches) - 1)
    return {key: (votes[patch] - 1) / others if patch else 0.0 for key, patch in patches.items()}

"""Agreement among patches: how many of an instance's other attempts made the same change.

Patches are compared by what they change: file, removed and added lines, without line numbers, blanks at the
ends and lines of comments only. Empty patches agree with nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from repodojo.types import Trajectory


def normalise_patch(patch: str) -> str:
    """Return what a git diff changes: its files, and the lines removed and added, in order."""
    kept = []
    for line in patch.splitlines():
        marker, text = line[:1], line[1:].strip()
        if line.startswith("diff --git "):
            kept.append(line)
        elif marker in "+-" and line[:3] not in ("+++", "---") and text and not text.startswith("#"):
            kept.append(marker + text)
    return "\n".join(kept) if any(line[0] in "+-" for line in kept) else ""


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

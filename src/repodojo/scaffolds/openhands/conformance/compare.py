"""Compares recorded observations with ours, and counts how far they agree."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from repodojo.scaffolds.openhands.conformance.normalise import normalise
from repodojo.scaffolds.openhands.conformance.recorded import Step

Level = Literal["same", "other_order", "other_excerpt", "different"]
"""``other_order``: the same lines (a folder's order is its file system's); ``other_excerpt``: of an edited
file one shows a line or two more than the other, or the recorded one numbers its lines one too high (as later
versions of openhands-aci do)."""
_NUMBERED = re.compile(r" *(\d+)(?: (.*)|$)")


class Difference(NamedTuple):
    """Two observations that do not agree, normalised."""

    at: int
    name: str
    recorded: str
    ours: str


@dataclass(frozen=True)
class Agreement:
    """How many observations of each tool agree how far."""

    counts: Mapping[str, Mapping[Level, int]]
    not_ours: Mapping[str, int]
    """Steps of tools that this scaffold does not have."""
    differences: tuple[Difference, ...]


def compare(recorded: str, ours: str) -> Level:
    """Compare two normalised observations."""
    if recorded == ours:
        return "same"
    theirs, mine = recorded.split("\n"), ours.split("\n")
    if sorted(theirs) == sorted(mine):
        return "other_order"
    return "other_excerpt" if _is_excerpt(theirs, mine) else "different"


def _is_excerpt(theirs: Sequence[str], mine: Sequence[str], most: int = 2) -> bool:
    """Tell whether two edits' excerpts differ only in how many lines they show, or from which number on."""
    others = [[line for line in lines if not _NUMBERED.match(line)] for lines in (theirs, mine)]
    if "has been edited" not in theirs[0] or others[0] != others[1]:
        return False
    told, ours = _numbered(theirs), _numbered(mine)
    shifted = {(number + 1, text) for number, text in ours}
    return bool(told and ours) and any(
        (told <= each or each <= told) and len(told ^ each) <= most for each in (ours, shifted)
    )


def _numbered(lines: Sequence[str]) -> set[tuple[int, str]]:
    """Return the lines of a file that are shown, by number."""
    found = (_NUMBERED.match(line) for line in lines)
    return {(int(match[1]), match[2] or "") for match in found if match}


def measure(steps: Sequence[Step], ours: Sequence[str | None], roots: Sequence[str] = ()) -> Agreement:
    """Compare every step's observation with ours; None stands for a tool that we do not have."""
    counts: dict[str, Counter[Level]] = {}
    not_ours: Counter[str] = Counter()
    differences = []
    for at, (step, mine) in enumerate(zip(steps, ours, strict=True)):
        if mine is None:
            not_ours[step.name] += 1
            continue
        texts = [normalise(step.name, step.arguments, text, roots) for text in (step.observation, mine)]
        level = compare(*texts)
        counts.setdefault(step.name, Counter())[level] += 1
        if level == "different":
            differences.append(Difference(at, step.name, *texts))
    return Agreement(counts, not_ours, tuple(differences))

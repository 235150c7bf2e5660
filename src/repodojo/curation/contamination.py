"""Decontamination: training instances that are much the same as a held-out one.

Two instances are compared by issue and by gold patch: the share of the training instance's runs of words
that the held-out one holds too. A copied instance gives 1.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from repodojo.grading.hunks import changed_lines
from repodojo.types import Instance

LENGTH = 8
_WORD = re.compile(r"\w+")


class Overlap(NamedTuple):
    """What a training instance shares with a held-out one."""

    held_out: str
    part: str
    """``problem_statement`` or ``patch``."""
    share: float


def find_overlaps(instances: Iterable[Instance], threshold: float) -> dict[str, Overlap]:
    """Return the largest overlap of each training instance that shares ``threshold`` or more of a part."""
    listed = sorted(instances, key=lambda each: each.instance_id)
    found: dict[str, Overlap] = {}
    for part in ("problem_statement", "patch"):
        holders: dict[str, set[str]] = {}
        for each in listed:
            if each.split == "held_out":
                for run in _runs(each, part):
                    holders.setdefault(run, set()).add(each.instance_id)
        for each in listed:
            overlap = _largest(each, part, holders) if each.split == "train" else None
            if overlap and overlap.share >= threshold:
                found[each.instance_id] = max(found.get(each.instance_id, overlap), overlap, key=_share)
    return found


def find_contaminated(attempts: pd.DataFrame, overlaps: Mapping[str, Overlap]) -> pd.DataFrame:
    """Return the attempts at instances with an overlap; the result has columns ``reason`` and ``detail``."""
    rows = attempts[attempts["instance_id"].isin(list(overlaps))]
    found = [overlaps[name] for name in rows["instance_id"]]
    detail = [f"{each.share:.2f} of its {each.part} stands in {each.held_out}" for each in found]
    return pd.DataFrame({"reason": "contaminated", "detail": detail}, index=rows.index, dtype=str)


def _largest(instance: Instance, part: str, holders: Mapping[str, set[str]]) -> Overlap | None:
    runs = set(_runs(instance, part))
    counts = Counter(held_out for run in runs for held_out in holders.get(run, ()))
    if not counts:
        return None
    name = min(counts, key=lambda each: (-counts[each], each))
    return Overlap(name, part, counts[name] / len(runs))


def _share(overlap: Overlap) -> float:
    return overlap.share


def _runs(instance: Instance, part: str) -> Iterator[str]:
    """Yield the runs of words of an issue, or of the lines that a patch changes."""
    text = str(getattr(instance, part))
    if part == "patch":
        text = "\n".join(line[1:] for line in changed_lines(text))
    words = [word.lower() for word in _WORD.findall(text)]
    return (" ".join(words[at : at + LENGTH]) for at in range(max(0, len(words) - LENGTH + 1)))

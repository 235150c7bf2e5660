"""How large the patches that resolve are, beside the gold patch of their instance."""

from collections.abc import Iterable, Mapping
from math import nan
from typing import NamedTuple

import numpy as np

from repodojo.grading.hunks import changed_lines
from repodojo.metrics.bootstrap import Estimate, mean_estimate, undefined
from repodojo.types import Instance, Trajectory, Verdict

NOTHING_RESOLVED = "no attempt resolves its instance"


class PatchSize(NamedTuple):
    """Of the attempts that resolve their instance; NaN where there are none."""

    resolved: int
    changed_lines: Estimate
    """Mean over instances of the mean over their resolving attempts."""
    gold_lines: Estimate
    """Of the same instances."""
    median_ratio: float
    """Over instances, of the mean changed lines to the gold patch's."""
    reason: str


def edited_lines(patch: str) -> int:
    """Count the lines that a git diff adds and removes."""
    return sum(1 for _ in changed_lines(patch))


def edited_files(patch: str) -> int:
    """Count the files that a git diff changes."""
    return sum(line.startswith("diff --git ") for line in patch.split("\n"))


def patch_size(
    trajectories: Iterable[Trajectory], verdicts: Mapping[str, Verdict], instances: Mapping[str, Instance]
) -> PatchSize:
    """Measure the patches that resolve; ``instances`` are by instance_id."""
    made: dict[str, list[int]] = {}
    for each in trajectories:
        if verdicts[each.rollout_id].resolved:
            made.setdefault(each.instance_id, []).append(edited_lines(each.model_patch))
    if not made:
        return PatchSize(0, undefined(NOTHING_RESOLVED), undefined(NOTHING_RESOLVED), nan, NOTHING_RESOLVED)
    ours = np.array([np.mean(lines) for lines in made.values()])
    gold = np.array([edited_lines(instances[name].patch) for name in made], dtype=np.float64)
    span = (0.0, float(max(ours.max(), gold.max())))
    ratio = float(np.median(ours[gold > 0] / gold[gold > 0])) if (gold > 0).any() else nan
    count = sum(map(len, made.values()))
    return PatchSize(count, mean_estimate(ours, span=span), mean_estimate(gold, span=span), ratio, "")

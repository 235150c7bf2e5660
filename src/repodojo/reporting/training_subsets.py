"""How many trajectories each way of choosing keeps: the counts of the paper's Tables 4 and 7."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from repodojo.curation.attempts import describe_attempts
from repodojo.curation.capping import cap_per_instance
from repodojo.curation.dedup import one_per_instance
from repodojo.curation.subsets import random_subset, repository_subset
from repodojo.types import Trajectory, Verdict

CAPS = (1, 2, 3, None)
SEED = 0


def training_subsets(
    trajectories: Iterable[Trajectory], verdicts: Mapping[str, Verdict], repo_of: Mapping[str, str]
) -> dict[str, Any]:
    """Count resolved trajectories by cap, and by repository in each subset of the paper's section 4.2."""
    outcomes = {key: verdict.outcome for key, verdict in verdicts.items()}
    attempts = describe_attempts(trajectories, outcomes, repo_of)
    resolved = attempts[attempts["outcome"] == "resolved"]
    single = one_per_instance(resolved, SEED)
    subsets = {
        "original": resolved,
        "dedup": single,
        "random 25 %": random_subset(single, 0.25, SEED),
        "random 50 %": random_subset(single, 0.5, SEED),
        "repository 25 %": repository_subset(single, 0.25),
        "repository 50 %": repository_subset(single, 0.5),
    }
    return {
        "caps": {str(cap).lower(): len(cap_per_instance(resolved, cap)) for cap in CAPS},
        "repositories": _by_repository(subsets),
    }


def _by_repository(subsets: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, int]]:
    counts = {name: subset["repo"].value_counts() for name, subset in subsets.items()}
    repos = sorted(counts["original"].index, key=lambda repo: (-counts["original"][repo], repo))
    rows = {str(repo): {name: int(found.get(repo, 0)) for name, found in counts.items()} for repo in repos}
    return rows | {"total": {name: len(subset) for name, subset in subsets.items()}}

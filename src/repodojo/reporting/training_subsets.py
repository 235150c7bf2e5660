"""How many trajectories each point of the sweeps trains on: the counts of the paper's Tables 4 and 7."""

from collections.abc import Iterable, Mapping
from typing import Any

from repodojo.curation.curate import count_by_repository
from repodojo.curation.settings import AblationPoint
from repodojo.types import Instance, Trajectory, Verdict


def training_subsets(
    trajectories: Iterable[Trajectory],
    verdicts: Mapping[str, Verdict],
    instances: Iterable[Instance],
    points: Mapping[str, AblationPoint],
) -> dict[str, Any]:
    """Return the settings of each point by name, and the trajectories that it keeps by repository."""
    rules = {name: point.curation for name, point in points.items()}
    counts = count_by_repository(trajectories, verdicts, instances, rules)
    return {
        name: {
            "settings": point.settings(),
            "trajectories": sum(counts[name].values()),
            "repositories": counts[name],
        }
        for name, point in points.items()
    }

"""What became of each held-out instance, and the same of several seeds as one.

Seeds share their instances: what an instance has is averaged over seeds first, then instances are resampled,
so that attempts of different seeds at one instance are never counted as independent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from repodojo.errors import InputError
from repodojo.metrics.bootstrap import Estimate, mean_estimate
from repodojo.metrics.gap_closed import gap_at_k
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.paired_difference import Difference, paired_difference

LEVELS = ("greedy", "mean", "random_at_k", "best_at_k", "pass_at_k", "control")
DIFFERENCES = {
    "best@k less greedy": ("best_at_k", "greedy"),
    "best@k less random@k": ("best_at_k", "random_at_k"),
    "fine-tuned less control": ("mean_shared", "control"),
}
"""What is compared, by its words; ``mean_shared`` is of the attempts that the control made too."""


def instance_results(attempts: AttemptMatrices, control: AttemptMatrices, max_k: int) -> list[dict[str, Any]]:
    """Return a row for each instance: what the attempts resolve of it, 0 to 1; k is at most ``max_k``.

    What was not measured is unresolved.
    """
    known, theirs = attempts.known, control.known
    k = min(max_k, known.shape[1])
    if not k or not theirs.shape[1]:
        return []
    gap, shared = gap_at_k(attempts, k), min(known.shape[1], theirs.shape[1])
    columns = {
        "greedy": known[:, 0],
        "mean": known.mean(axis=1),
        "mean_shared": known[:, :shared].mean(axis=1),
        "control": theirs[:, :shared].mean(axis=1),
        "random_at_k": gap.chance,
        "best_at_k": gap.best,
        "pass_at_k": gap.oracle,
    }
    return [
        {"instance_id": name, "k": k} | {column: float(found[row]) for column, found in columns.items()}
        for row, name in enumerate(attempts.instance_ids)
    ]


def over_seeds(seeds: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Estimate | Difference]:
    """Estimate levels and differences over all seeds, given the rows of each by its name.

    Raises:
        InputError: the seeds are not of the same instances and k.
    """
    tables = {name: {row["instance_id"]: row for row in rows} for name, rows in seeds.items()}
    first, *others = tables
    asked = {name: (sorted(table), {row["k"] for row in table.values()}) for name, table in tables.items()}
    for name in others:
        if asked[name] != asked[first]:
            raise InputError(
                f"{name} and {first} are of other instances or another k: expected the same, found "
                f"{_words(asked[name])} and {_words(asked[first])}; give results of one configuration"
            )

    def mean(column: str) -> Any:
        return np.array([[table[i][column] for i in asked[first][0]] for table in tables.values()]).mean(
            axis=0
        )

    levels: dict[str, Estimate | Difference] = {column: mean_estimate(mean(column)) for column in LEVELS}
    return levels | {
        words: paired_difference(mean(ours), mean(theirs)) for words, (ours, theirs) in DIFFERENCES.items()
    }


def _words(asked: tuple[list[str], set[int]]) -> str:
    return f"{len(asked[0])} instances at k = {', '.join(map(str, sorted(asked[1]))) or 'none'}"

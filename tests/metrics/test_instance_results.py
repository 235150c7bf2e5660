"""What became of each instance, and several seeds as one."""

import numpy as np
import pytest

from repodojo.errors import InputError
from repodojo.metrics.instance_results import instance_results, over_seeds
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.paired_difference import paired_difference


def matrices(outcomes: list[list[float]], scores: list[list[float]]) -> AttemptMatrices:
    names = tuple(f"i{row}" for row in range(len(outcomes)))
    return AttemptMatrices(names, np.array(outcomes), np.array(scores))


def draw(seed: int, instances: int = 40) -> list[dict]:
    generator = np.random.default_rng(seed)
    outcomes = (generator.random((instances, 4)) < 0.3).astype(float)
    scores = 0.5 * outcomes + generator.random((instances, 4))
    return instance_results(matrices(outcomes, scores), matrices(0 * outcomes, scores), 4)


def test_a_row_holds_what_was_picked_and_what_was_not_measured_is_unresolved() -> None:
    ours = matrices([[0, 1, 1], [np.nan, 0, 1]], [[0.1, 0.9, 0.2], [0.9, 0.8, 0.1]])
    first, second = instance_results(ours, matrices([[1, 0], [0, 0]], [[0, 0], [0, 0]]), 3)
    assert (first["greedy"], first["best_at_k"], first["pass_at_k"]) == (0, 1, 1)
    assert first["random_at_k"] == pytest.approx(2 / 3)
    assert (first["mean_shared"], first["control"]) == (0.5, 0.5)
    assert (second["greedy"], second["best_at_k"], second["pass_at_k"]) == (0, 0, 1)


def test_no_attempts_give_no_rows() -> None:
    none = AttemptMatrices(("i0",), np.empty((1, 0)), np.empty((1, 0)))
    assert instance_results(none, none, 8) == []


def test_one_seed_is_what_its_own_curves_say() -> None:
    rows = draw(0)
    alone = over_seeds({"0": rows})["best@k less greedy"]
    best, greedy = ([row[name] for row in rows] for name in ("best_at_k", "greedy"))
    assert alone[:4] == paired_difference(best, greedy)[:4]


def test_the_same_seed_given_twice_counts_once() -> None:
    """Attempts of different seeds at one instance are not independent: the interval must not shrink."""
    rows = draw(0)
    once, twice = over_seeds({"0": rows}), over_seeds({"0": rows, "1": rows})
    for name, found in once.items():
        assert twice[name] == pytest.approx(found)


def test_seeds_are_averaged_in_any_order() -> None:
    rows = {str(seed): draw(seed) for seed in range(3)}
    found = over_seeds(rows)
    assert found["mean"].value == pytest.approx(np.mean([r["mean"] for each in rows.values() for r in each]))
    backwards = {name: each[::-1] for name, each in reversed(rows.items())}
    for name, other in over_seeds(backwards).items():
        assert other == pytest.approx(found[name])


def test_seeds_of_other_instances_are_refused() -> None:
    with pytest.raises(InputError, match=r"b and a are of other instances.*found 39 instances at k = 4"):
        over_seeds({"a": draw(0), "b": draw(1)[1:]})

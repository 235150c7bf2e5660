"""The A/A noise floor against every pair of runs, and the size of patches."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.metrics.noise_floor import noise_floor, same_temperature
from repodojo.metrics.patch_size import edited_files, edited_lines, patch_size
from repodojo.types import Instance, Trajectory, Verdict

PATCH = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,3 @@\n-a\n+b\n+c\n d\n"


@given(st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_floor_is_that_of_all_pairs_of_runs(table: list[list[int]]) -> None:
    outcomes = np.array(table, dtype=float)
    pairs = [[a - b for a, b in permutations(row, 2)] for row in table]
    differences = [sum(choice) / len(table) for choice in product(*pairs)]
    found = noise_floor(outcomes)
    assert found.deviation == pytest.approx(np.std(differences), abs=1e-12)
    covered = np.abs(differences) <= found.covers_95 + 1e-9
    below = np.abs(differences) <= found.covers_95 - 1 / len(table) + 1e-9
    assert covered.mean() >= 0.95 - 1e-9
    assert found.covers_95 == 0 or below.mean() < 0.95
    assert (found.n, found.attempts, found.reason) == (len(table), 3, "")


def test_a_deterministic_policy_has_no_noise_and_one_attempt_no_floor() -> None:
    assert noise_floor(np.ones((5, 3)))[:2] == (0.0, 0.0)
    for outcomes, reason in (
        (np.ones((5, 1)), "1 attempt at each instance, at least 2 attempts needed"),
        (np.empty((0, 4)), "no instances, at least 2 attempts needed"),
    ):
        found = noise_floor(outcomes)
        assert np.isnan(found.deviation)
        assert found.reason == reason


def test_greedy_attempts_are_not_compared_with_sampled_ones(trajectory: Callable[..., Trajectory]) -> None:
    made = [replace(trajectory("a", n), temperature=0.8 if n else 0.0) for n in range(4)]
    assert same_temperature(made) == [1, 2, 3]
    assert same_temperature(made[:1]) == [0]
    assert same_temperature([]) == []


def test_patches_that_resolve_are_measured_beside_gold(
    trajectory: Callable[..., Trajectory], instance: Callable[..., Instance]
) -> None:
    assert edited_lines(PATCH) == 3
    assert edited_lines("") == 0
    gold = {name: replace(instance(name), patch=PATCH) for name in ("a", "b")}
    made = [
        trajectory("a", 0, patch=PATCH + "+e\n+f\n+g\n"),
        trajectory("a", 1),
        trajectory("b", 0, patch=PATCH),
    ]
    verdicts = {
        each.rollout_id: Verdict(
            each.rollout_id, each.instance_id, "unresolved" if each.attempt else "resolved", "tests"
        )
        for each in made
    }
    found = patch_size(made, verdicts, gold)
    assert (found.resolved, found.changed_lines.value, found.gold_lines.value) == (2, 4.5, 3.0)
    assert found.median_ratio == 1.5
    nothing = patch_size(made[1:2], verdicts, gold)
    assert np.isnan(nothing.changed_lines.value)
    assert nothing.reason == "no attempt resolves its instance"


def test_lines_that_look_like_headers_count() -> None:
    """A removed ``-- comment`` was taken for a file's header, and an added diff for a file."""
    patch = (
        "diff --git a/a.sql b/a.sql\n--- a/a.sql\n+++ b/a.sql\n@@ -1 +1 @@\n"
        "--- old comment\n+-- diff --git a/x b/x\n"
    )
    assert (edited_lines(patch), edited_files(patch)) == (2, 1)

"""One policy measured, and two compared."""

from collections.abc import Callable

import pytest

from repodojo.metrics.evaluated import compare, evaluate
from repodojo.types import Instance, Trajectory, Verdict

Attempts = tuple[dict[str, Trajectory], dict[str, Verdict]]


@pytest.fixture
def attempts(trajectory: Callable[..., Trajectory]) -> Callable[..., Attempts]:
    """Build attempts, a letter each: R(esolved), U(nresolved), E(mpty patch), N(ot measured)."""

    def build(**made: str) -> Attempts:
        trajectories, verdicts = {}, {}
        for name, letters in made.items():
            for attempt, letter in enumerate(letters):
                each = trajectory(name, attempt, patch="" if letter == "E" else "diff")
                outcome = {"R": "resolved", "N": "not_measured"}.get(letter, "unresolved")
                trajectories[each.rollout_id] = each
                verdicts[each.rollout_id] = Verdict(each.rollout_id, name, outcome, "tests")
        return trajectories, verdicts

    return build


@pytest.fixture
def instances(instance: Callable[..., Instance]) -> list[Instance]:
    return [instance("a", "o/x"), instance("b", "o/x"), instance("c", "o/y"), instance("unasked", "o/z")]


def test_greedy_mean_and_companions(attempts: Callable[..., Attempts], instances: list[Instance]) -> None:
    found = evaluate(instances, *attempts(a="RU", b="ER", c="RN"))
    overall = found["overall"]
    assert (overall["instances"], overall["attempts"], overall["not_measured"]) == (3, 6, 1)
    assert (overall["greedy"]["resolved"], overall["greedy"]["n"]) == (2, 3)
    assert overall["mean"]["value"] == pytest.approx(0.5)
    assert overall["greedy_rates"]["empty_patch"]["value"] == pytest.approx(1 / 3)
    assert overall["rates"]["empty_patch"]["value"] == pytest.approx(1 / 6)
    paper, all_rows, _ = overall["deviations"].values()
    assert paper == 0.0
    assert all_rows == pytest.approx(2**0.5 / 3)
    assert list(found["projects"]) == ["o/x", "o/y"]
    assert found["projects"]["o/y"]["greedy"]["value"] == 1.0


def test_policies_are_compared_over_the_attempts_both_made(
    attempts: Callable[..., Attempts], instances: list[Instance]
) -> None:
    found = compare(instances, attempts(a="RRRR", b="URRR", c="UUUU"), attempts(a="UR", b="UU", c="UU"))
    assert found["overall"]["attempts"] == 2
    assert found["overall"]["greedy"]["value"] == pytest.approx(1 / 3)
    assert found["overall"]["mean"]["value"] == pytest.approx((0.5 + 0.5 + 0) / 3)
    assert found["o/y"]["greedy"]["value"] == 0.0
    assert found["o/x"]["greedy"]["n"] == 2


def test_nothing_in_common_is_undefined(attempts: Callable[..., Attempts], instances: list[Instance]) -> None:
    found = compare(instances, attempts(a="R"), attempts(b="R"))
    assert found["overall"]["greedy"]["value"] is None

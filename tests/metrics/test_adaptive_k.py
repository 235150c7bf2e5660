"""Adaptive k against trying every order, and the rule that chooses the threshold."""

from itertools import permutations
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.metrics.adaptive_k import by_falling_score, instance_adaptive, thresholds
from repodojo.metrics.best_at_k import instance_best_at_k
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.stopping_rule import StoppingRule, fit_stopping_rule, measure_stopping_rule
from repodojo.types import from_json, to_json

HALF = ScalingSettings(max_k=8)
rows = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, None]), st.sampled_from([None, 0.1, 0.5, 0.9])),
    min_size=1,
    max_size=5,
)


def matrices(outcomes: np.ndarray, scores: np.ndarray) -> AttemptMatrices:
    return AttemptMatrices(tuple(f"i{row}" for row in range(len(outcomes))), outcomes, scores)


def enumerate_orders(
    attempts: list[tuple[float | None, float | None]], threshold: float, k: int
) -> list[float]:
    """Go through every order of the attempts, ties among the best broken by chance."""
    known = [(o or 0.0, -inf if s is None or o is None else s) for o, s in attempts]
    totals, orders = [0.0, 0.0], list(permutations(known))
    for order in orders:
        sure = next((place for place, (_, s) in enumerate(order[:k]) if s >= threshold), None)
        if sure is not None:
            totals = [totals[0] + order[sure][0], totals[1] + sure + 1]
            continue
        best = max(s for _, s in order[:k])
        top = [o for o, s in order[:k] if s == best]
        totals = [totals[0] + sum(top) / len(top), totals[1] + k]
    return [total / len(orders) for total in totals]


@given(rows, st.sampled_from([0.05, 0.1, 0.5, 0.7, 0.9, inf]), st.data())
def test_adaptive_k_equals_every_order(
    attempts: list[tuple[float | None, float | None]], threshold: float, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(attempts)))
    table = matrices(
        np.array([[o for o, _ in attempts]], dtype=float), np.array([[s for _, s in attempts]], dtype=float)
    )
    found = instance_adaptive(by_falling_score(table), threshold, k)
    expected = enumerate_orders(attempts, threshold, k)
    assert [found.resolved[0], found.attempts[0]] == pytest.approx(expected, abs=1e-12)


def test_never_being_sure_is_best_at_k_and_always_being_sure_is_one_attempt() -> None:
    rng = np.random.default_rng(0)
    outcomes, scores = rng.integers(0, 2, (20, 6)).astype(float), rng.random((20, 6)).round(1)
    never = instance_adaptive(by_falling_score(matrices(outcomes, scores)), inf, 4)
    assert never.resolved == pytest.approx(instance_best_at_k(outcomes, scores, [4])[:, 0], abs=1e-12)
    assert (never.attempts == 4).all()
    always = instance_adaptive(by_falling_score(matrices(outcomes, scores)), 0.0, 4)
    assert always.resolved == pytest.approx(outcomes.mean(axis=1), abs=1e-12)
    assert always.attempts == pytest.approx(1.0)


def test_more_attempts_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="found k = 3"):
        instance_adaptive(by_falling_score(matrices(np.ones((1, 2)), np.ones((1, 2)))), 0.5, 3)


@pytest.fixture(scope="module")
def knowing() -> AttemptMatrices:
    """Scores that tell most outcomes."""
    rng = np.random.default_rng(1)
    outcomes = (rng.random((150, 8)) < rng.beta(1.0, 1.0, 150)[:, None]).astype(float)
    return matrices(outcomes, np.clip(0.25 + 0.5 * outcomes + rng.normal(0, 0.15, outcomes.shape), 0, 1))


def test_a_good_verifier_closes_most_of_the_gap_with_half_of_the_attempts(knowing: AttemptMatrices) -> None:
    training, held_out = (
        knowing.rows([f"i{n}" for n in range(75)]),
        knowing.rows([f"i{n}" for n in range(75, 150)]),
    )
    rule = fit_stopping_rule([training], HALF)
    assert from_json(StoppingRule, to_json(rule)) == rule
    assert rule.at_most is not None
    assert rule.mean_attempts is not None
    assert rule.at_most > 4 >= rule.mean_attempts
    found = measure_stopping_rule(held_out, rule)
    assert found["reaches_aim"] is True
    assert found["gap_closed"]["low"] <= found["gap_closed"]["value"] <= found["gap_closed_by_all"]["value"]
    assert found["mean_attempts"]["value"] == pytest.approx(8 * found["attempts_share"]["value"])
    assert found["never_sure"]["gap_closed"]["value"] <= found["gap_closed_by_all"]["value"]
    rates = [point["mean_attempts"] for point in found["curve"]]
    assert rates == sorted(rates)
    assert found["curve"][-1]["threshold"] is None
    assert found["curve"][-1]["mean_attempts"] == 8
    assert [point["mean_attempts"] for point in found["fixed"]] == list(range(1, 9))
    assert found["fixed"][0]["gap_closed"] == pytest.approx(0.0)
    assert found["fixed"][-1]["gap_closed"] == pytest.approx(found["gap_closed_by_all"]["value"])
    at_most = found["fixed"][found["at_most"] - 1]
    assert at_most["resolve_rate"] == pytest.approx(found["never_sure"]["resolve_rate"]["value"])


def test_a_policy_with_one_attempt_at_each_instance_does_not_forbid_every_rule(
    knowing: AttemptMatrices,
) -> None:
    """Its single attempts were all of its attempts, so no threshold kept to half of them."""
    once = matrices(knowing.outcomes[:, :1], knowing.scores[:, :1])
    rule = fit_stopping_rule([matrices(knowing.outcomes[:, :3], knowing.scores[:, :3]), once], HALF)
    assert rule.reason == ""
    assert rule.threshold is not None
    assert rule.at_most is not None
    assert rule.at_most >= 4


def test_where_attempts_at_an_instance_end_alike_the_rule_is_still_sure_of_good_ones_only() -> None:
    """No threshold lost anything there, and the thriftiest took any attempt for a sure one."""
    outcomes = np.repeat(np.eye(10)[:, :1], 3, axis=1) + np.repeat(np.eye(10)[:, 1:2], 3, axis=1)
    scores = np.where(outcomes == 1, 0.8, np.linspace(0.01, 0.4, 30).reshape(10, 3))
    rule = fit_stopping_rule([matrices(outcomes, scores)], HALF)
    assert rule.threshold == 0.8


@given(st.integers(0, 10_000), st.floats(0.1, 1.0))
def test_a_rule_keeps_to_its_share_where_it_was_fitted(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    outcomes = (rng.random((20, 6)) < rng.random((20, 1))).astype(float)
    training = matrices(outcomes, rng.random((20, 6)).round(1) * (0.5 + 0.5 * outcomes))
    rule = fit_stopping_rule([training], ScalingSettings(max_k=6, attempts_share=share))
    if rule.at_most is None:
        return
    threshold = inf if rule.threshold is None else rule.threshold
    made = instance_adaptive(training, threshold, rule.at_most).attempts.mean()
    assert rule.mean_attempts is not None
    assert made <= rule.mean_attempts + 1e-9
    assert rule.mean_attempts <= max(1.0, 6 * share) + 1e-9
    assert rule.at_most >= int(6 * share)


def test_a_rule_for_more_attempts_than_there_are_makes_all(knowing: AttemptMatrices) -> None:
    rule = StoppingRule(None, 8)
    few = matrices(knowing.outcomes[:, :2], knowing.scores[:, :2])
    assert measure_stopping_rule(few, rule)["mean_attempts"]["value"] == 2


@pytest.mark.parametrize(
    ("outcomes", "scores", "reason"),
    [
        (np.zeros((4, 2)), np.full((4, 2), 0.5), "0 of 8 attempts are resolved, at least 2 needed"),
        (np.eye(4), np.full((4, 4), np.nan), "no attempt has a score"),
        (np.empty((0, 0)), np.empty((0, 0)), "there are no attempts"),
        (np.full((4, 2), np.nan), np.full((4, 2), 0.5), "there are no attempts"),
    ],
)
def test_a_rule_that_cannot_be_fitted_says_why(outcomes: np.ndarray, scores: np.ndarray, reason: str) -> None:
    rule = fit_stopping_rule([matrices(outcomes, scores)], HALF)
    assert (rule.threshold, rule.reason) == (None, reason)
    assert rule.at_most is None
    found = measure_stopping_rule(matrices(np.eye(3), np.eye(3)), rule)
    assert found["reason"] == reason
    assert found["reaches_aim"] is found["gap_closed"]["value"] is None


def test_without_a_gap_there_is_nothing_to_close(knowing: AttemptMatrices) -> None:
    rule = fit_stopping_rule([knowing], HALF)
    found = measure_stopping_rule(matrices(np.zeros((5, 3)), np.full((5, 3), 0.5)), rule)
    assert found["reason"] == "the oracle gains nothing over one attempt"
    assert found["reaches_aim"] is None
    assert found["resolve_rate"]["value"] == 0
    assert measure_stopping_rule(matrices(np.empty((0, 0)), np.empty((0, 0))), rule)["reason"]
    assert thresholds([]) == [inf]

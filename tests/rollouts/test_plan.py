from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from repodojo.rollouts.plan import attempt_temperature, derive_seed, plan_rollouts, rollout_id

NAMES = st.lists(st.text("abc_-1", min_size=1, max_size=6), max_size=6)


def test_first_attempt_is_greedy_and_the_rest_are_warmer() -> None:
    plans = plan_rollouts(["a"], 5, temperatures=(0.5, 0.8))
    assert [plan.temperature for plan in plans] == [0.0, 0.5, 0.8, 0.8, 0.8]
    assert [plan.rollout_id for plan in plans] == ["a.0", "a.1", "a.2", "a.3", "a.4"]


def test_without_other_temperatures_every_attempt_has_the_first() -> None:
    assert {attempt_temperature(attempt, 0.3, ()) for attempt in range(4)} == {0.3}


@given(NAMES, st.integers(0, 4), st.integers(0, 3))
def test_every_instance_gets_every_attempt_once(names: list[str], attempts: int, seed: int) -> None:
    plans = plan_rollouts(names, attempts, seed)
    pairs = Counter((plan.instance_id, plan.attempt) for plan in plans)
    assert pairs == Counter((name, attempt) for name in set(names) for attempt in range(attempts))
    assert all(plan.rollout_id == rollout_id(plan.instance_id, plan.attempt) for plan in plans)
    assert all(0 <= plan.seed < 2**31 for plan in plans)


@given(NAMES, st.randoms())
def test_a_plan_depends_on_ids_alone(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)
    assert plan_rollouts(shuffled, 3) == plan_rollouts(names, 3)
    kept = names[::2]
    whole = {plan.rollout_id: plan for plan in plan_rollouts(names, 3)}
    assert all(whole[plan.rollout_id] == plan for plan in plan_rollouts(kept, 2))


def test_seeds_differ_by_rollout_and_by_experiment() -> None:
    seeds = {plan.seed for seed in (0, 1) for plan in plan_rollouts("abcdef", 8, seed)}
    assert len(seeds) == 2 * 6 * 8
    assert derive_seed("a", "b") != derive_seed("ab") != derive_seed("b", "a")

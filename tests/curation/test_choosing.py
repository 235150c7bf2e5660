"""Success, deduplication, capping, subsets and mixes, against the paper's own numbers."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.curation.attempts import arrange, describe_attempts
from repodojo.curation.capping import cap_per_instance
from repodojo.curation.dedup import drop_identical, one_per_instance
from repodojo.curation.mixes import balanced_mix, match_controls
from repodojo.curation.subsets import random_subset, repository_subset
from repodojo.curation.success import split_by_outcome
from repodojo.errors import InputError
from repodojo.types import Trajectory

Build = Callable[..., Trajectory]


def table(listed: Sequence[Trajectory], repo_of: Mapping[str, str] | None = None) -> pd.DataFrame:
    return describe_attempts(listed, {}, repo_of or {each.instance_id: "r" for each in listed})


def ids(attempts: pd.DataFrame) -> list[str]:
    return attempts["rollout_id"].tolist()


# Successes of each solved instance over 30 rounds (Figure 3), and what caps 1, 2, 3, none leave (Table 4).
FIGURE_3 = [20, 17, 12, 11, 10, 9, 9, 9, 9, 5, 5, 5, 4, 4, 4, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 2] + [1] * 10
# Table 7: repository, successes, after deduplication, first 25 % and 50 % by repository.
TABLE_7 = [
    ("getmoto/moto", 155, 72, 0, 46),
    ("Project-MONAI/MONAI", 95, 53, 53, 53),
    ("pandas-dev/pandas", 70, 61, 0, 0),
    ("python/mypy", 46, 27, 0, 0),
    ("dask/dask", 45, 29, 6, 29),
    ("iterative/dvc", 36, 24, 0, 0),
    ("conan-io/conan", 20, 12, 12, 12),
    ("pydantic/pydantic", 11, 7, 0, 0),
    ("facebookresearch/hydra", 7, 5, 0, 5),
    ("bokeh/bokeh", 3, 2, 2, 2),
    ("modin-project/modin", 3, 2, 0, 0),
]


@pytest.mark.parametrize(("cap", "left"), [(1, 36), (2, 62), (3, 82), (None, 172)])
def test_caps_on_the_successes_of_figure_3(trajectory: Build, cap: int | None, left: int) -> None:
    successes = [trajectory(f"i{i}", k) for i, count in enumerate(FIGURE_3) for k in range(count)]
    assert len(cap_per_instance(table(successes), cap)) == left


@pytest.fixture
def table_7(trajectory: Build) -> pd.DataFrame:
    listed, repo_of = [], {}
    for repo, successes, unique, _, _ in TABLE_7:
        names = [f"{repo.replace('/', '__')}-{n}" for n in range(unique)]
        repo_of |= dict.fromkeys(names, repo)
        listed += [trajectory(names[n % unique], n // unique) for n in range(successes)]
    random.Random(1).shuffle(listed)
    return table(listed, repo_of)


def test_table_7(table_7: pd.DataFrame) -> None:
    unique = one_per_instance(table_7, seed=3)
    assert (len(table_7), len(unique)) == (491, 294)
    assert [len(random_subset(table_7, share, 0)) for share in (0.25, 0.5, 1)] == [122, 245, 491]
    for share, size, column in ((0.25, 73, 3), (0.5, 147, 4)):
        by_repository = repository_subset(unique, share)
        assert len(by_repository) == len(random_subset(unique, share, 0)) == size
        counts = Counter(by_repository["repo"])
        assert [counts[row[0]] for row in TABLE_7] == [row[column] for row in TABLE_7]


def test_the_published_mixes() -> None:
    """491 = 19+87+19+67+111+188; 443+443 = 886; 875+875 = 1,750; 1,318+1,318 = 2,636; 443+886."""
    assert sum(row[1] for row in TABLE_7) == sum((19, 87, 19, 67, 111, 188))
    negatives = range(10_000, 20_000)
    for positives, ratio, total in ((443, 1, 886), (875, 1, 1750), (1318, 1, 2636), (443, 2, 1329)):
        mix = balanced_mix(range(positives), negatives, key=int, ratio=ratio, seed=42)
        assert len(mix.positives) == positives
        assert len(mix.positives) + len(mix.negatives) == total


def test_positives_are_drawn_down_where_negatives_are_too_few() -> None:
    mix = balanced_mix(range(10), range(10, 16), key=int, ratio=2, seed=0)
    assert (len(mix.positives), len(mix.negatives)) == (3, 6)
    assert balanced_mix(range(3), [], key=int) == ([], [])


def test_not_measured_is_neither_success_nor_failure(trajectory: Build) -> None:
    listed = [trajectory("a", n) for n in range(4)]
    outcomes = ("resolved", "unresolved", "not_measured")
    found = split_by_outcome(
        describe_attempts(listed, {f"a.{n}": outcome for n, outcome in enumerate(outcomes)}, {"a": "r"})
    )
    assert [part["attempt"].tolist() for part in found] == [[0], [1], [2, 3]]


def test_identical_trajectories_are_kept_once_per_instance(trajectory: Build) -> None:
    listed = [trajectory("a", 1, text="x"), trajectory("a", 0, text="x"), trajectory("b", 0, text="x")]
    assert ids(drop_identical(table(listed))) == ["a.0", "b.0"]


def test_capping_prefers_fewer_model_calls_then_the_earlier_attempt(trajectory: Build) -> None:
    listed = [trajectory("a", 0, turns=5), trajectory("a", 10, turns=2), trajectory("a", 9, turns=2)]
    assert cap_per_instance(table(listed), 2)["attempt"].tolist() == [9, 10]
    assert cap_per_instance(table(listed), None)["attempt"].tolist() == [9, 10, 0]


many = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 5), st.integers(1, 4)),
    max_size=20,
    unique_by=lambda row: row[:2],
)


@given(rows=many, seed=st.integers(0, 99), cap=st.integers(1, 3))
def test_choices_do_not_depend_on_the_order_of_arrival(
    trajectory: Build, rows: list[tuple[str, int, int]], seed: int, cap: int
) -> None:
    listed = [trajectory(name, attempt, turns=turns) for name, attempt, turns in rows]
    shuffled = random.Random(seed).sample(listed, len(listed))
    some = table(listed[: len(listed) // 2])
    for choose in (
        drop_identical,
        lambda each: one_per_instance(each, seed),
        lambda each: cap_per_instance(each, cap),
        lambda each: random_subset(each, 0.5, seed),
        lambda each: repository_subset(each, 0.5),
        lambda each: match_controls(some, each, per_instance=cap, seed=seed),
    ):
        assert ids(choose(table(listed))) == ids(choose(table(shuffled)))


@given(rows=many, seed=st.integers(0, 99))
def test_subsets_of_one_seed_are_nested_and_one_draw_ignores_other_instances(
    trajectory: Build, rows: list[tuple[str, int, int]], seed: int
) -> None:
    attempts = table([trajectory(name, attempt, turns=turns) for name, attempt, turns in rows])
    quarter, half = random_subset(attempts, 0.25, seed), random_subset(attempts, 0.5, seed)
    assert set(ids(quarter)) <= set(ids(half))
    whole = random_subset(attempts, 1.0, seed)
    keys = list(zip(whole["instance_id"], whole["attempt"], strict=True))
    assert keys == sorted(row[:2] for row in rows)
    alone = one_per_instance(attempts[attempts["instance_id"] == "a"], seed)
    assert ids(alone) == [each for each in ids(one_per_instance(attempts, seed)) if each.startswith("a.")]


@given(chosen=many, pool=many, cap=st.integers(1, 3), seed=st.integers(0, 99))
def test_controls_match_instances_first_and_keep_the_cap(
    trajectory: Build,
    chosen: list[tuple[str, int, int]],
    pool: list[tuple[str, int, int]],
    cap: int,
    seed: int,
) -> None:
    wanted = cap_per_instance(table([trajectory(name, k, turns=t) for name, k, t in chosen]), cap)
    supply = table([trajectory(name, k, turns=t, policy="other") for name, k, t in pool])
    control = match_controls(wanted, supply, per_instance=cap, seed=seed)
    available = cap_per_instance(supply, cap)
    assert len(control) == len(set(ids(control))) == min(len(wanted), len(available))
    have, need, stock = (Counter(part["instance_id"]) for part in (control, wanted, available))
    assert max(have.values(), default=0) <= cap
    assert all(have[name] >= min(need[name], stock[name]) for name in need)


def test_capitals_sort_before_small_letters(trajectory: Build) -> None:
    repos = {"a": "bokeh/bokeh", "b": "Project-MONAI/MONAI"}
    attempts = table([trajectory(name, n) for name in repos for n in range(2)], repos)
    assert ids(repository_subset(attempts, 0.5)) == ["b.0", "b.1"]


def test_a_table_with_a_missing_column_or_a_strange_outcome_is_refused(trajectory: Build) -> None:
    good = table([trajectory("a")])
    with pytest.raises(InputError, match=r"table of attempts: column 'calls' is missing"):
        arrange(good.drop(columns="calls"))
    with pytest.raises(InputError, match=r"column 'outcome': expected one of .*, found 'passed'"):
        arrange(good.assign(outcome="passed"))

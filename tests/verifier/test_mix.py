"""Which attempts become rows: subsets, balance, caps, and never a held-out instance."""

from collections.abc import Callable

import pytest

from repodojo.errors import InputError
from repodojo.types import Instance
from repodojo.verifier.mix import held_back, mix_attempts, refuse_one_outcome
from repodojo.verifier.rows import Attempt, balance
from repodojo.verifier.settings import VerifierSettings

Made = Callable[..., list[Attempt]]


def known(subsets: dict[str, list[Attempt]], instance: Callable[..., Instance]) -> list[Instance]:
    return [instance(name) for name in {a.trajectory.instance_id for s in subsets.values() for a in s}]


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({"mix": "off_policy"}, 886),
        ({"mix": "on_policy"}, 1_750),
        ({"mix": "mixture"}, 2_636),
        ({"mix": "mixture", "balance": "pooled"}, 2_636),
        ({"mix": "off_policy", "negatives_per_positive": 2.0}, 1_329),
    ],
)
def test_the_published_sizes_come_out_of_the_recorded_counts(
    settings: dict[str, object], rows: int, made: Made, instance: Callable[..., Instance]
) -> None:
    # 443 of 4,999 off-policy trajectories and 875 of 11,920 on-policy ones are resolved.
    subsets = {"off_policy": made("teacher", 443, 4_556), "on_policy": made("student", 875, 11_045)}
    chosen = mix_attempts(subsets, known(subsets, instance), VerifierSettings(**settings))
    assert len(chosen) == rows
    assert sum(a.verdict.resolved for a in chosen) == (443 if rows == 1_329 else rows // 2)


def test_the_default_mix_balances_each_subset(made: Made, instance: Callable[..., Instance]) -> None:
    subsets = {"off_policy": made("teacher", 5, 20), "on_policy": made("student", 2, 30)}
    chosen = mix_attempts(subsets, known(subsets, instance), VerifierSettings())
    assert chosen == [*balance(subsets["off_policy"], 1.0, 0), *balance(subsets["on_policy"], 1.0, 0)]


def test_pooled_failures_come_from_wherever_there_are_most(
    made: Made, instance: Callable[..., Instance]
) -> None:
    subsets = {"off_policy": made("teacher", 30, 0), "on_policy": made("student", 0, 30)}
    listed = known(subsets, instance)
    assert mix_attempts(subsets, listed, VerifierSettings()) == []
    assert len(mix_attempts(subsets, listed, VerifierSettings(balance="pooled"))) == 60


def test_caps_hold_for_each_instance_and_outcome(made: Made, instance: Callable[..., Instance]) -> None:
    subsets = {"off_policy": made("teacher", 12, 24, instances=3), "on_policy": []}
    settings = VerifierSettings(
        positives_per_instance=2, negatives_per_instance=1, negatives_per_positive=0.5
    )
    chosen = mix_attempts(subsets, known(subsets, instance), settings)
    counts: dict[tuple[str, bool], int] = {}
    for each in chosen:
        key = (each.trajectory.instance_id, each.verdict.resolved)
        counts[key] = counts.get(key, 0) + 1
    assert counts == {(f"i{n}", kind): 2 if kind else 1 for n in range(3) for kind in (True, False)}
    assert chosen == mix_attempts(
        {"off_policy": subsets["off_policy"][::-1], "on_policy": []}, known(subsets, instance), settings
    )


@pytest.mark.parametrize(("split", "told"), [("held_out", "split 'held_out'"), (None, "an unknown instance")])
def test_a_held_out_instance_makes_no_row(
    split: str | None, told: str, made: Made, instance: Callable[..., Instance]
) -> None:
    subsets = {"off_policy": made("teacher", 1, 1), "on_policy": []}
    listed = [instance("i0")] + ([instance("i1", split=split)] if split else [])
    with pytest.raises(InputError, match=rf"i1\.1: .*split 'train', found .*{told}"):
        mix_attempts(subsets, listed, VerifierSettings())


def test_held_back_repositories_are_kept_from_the_verifier(
    made: Made, instance: Callable[..., Instance]
) -> None:
    subsets = {"off_policy": made("teacher", 10, 10), "on_policy": []}
    listed = [instance(f"i{n}", f"o/r{n % 4}") for n in range(20)]
    hidden = held_back(listed, 0.25, 0)
    chosen = mix_attempts(subsets, listed, VerifierSettings(calibration_share=0.25))
    assert len(hidden) == 1
    assert chosen
    assert not {f"o/r{int(a.trajectory.instance_id[1:]) % 4}" for a in chosen} & hidden
    assert len(held_back(listed, 0.99, 0)) == 3
    assert held_back(listed, 0.0, 0) == held_back([], 0.5, 0) == frozenset()


def test_settings_that_are_left_alone_leave_fingerprints_alone() -> None:
    dumped = VerifierSettings().model_dump(mode="json")
    assert dumped.keys() == {"negatives_per_positive", "max_characters", "training"}
    changed = VerifierSettings(form="patch", positives_per_instance=2).model_dump(mode="json")
    assert changed.keys() - dumped.keys() == {"form", "positives_per_instance"}


def test_attempts_that_all_end_alike_are_told_before_the_training_of_nothing(made: Made) -> None:
    """The training said that it found 0 rows."""
    subsets = {"off_policy": made("teacher", 4, 0), "on_policy": made("student", 3, 0)}
    with pytest.raises(
        InputError, match="found off-policy 4 resolved and 0 unresolved, on-policy 3 resolved"
    ):
        refuse_one_outcome([], subsets)
    refuse_one_outcome(subsets["off_policy"], subsets)

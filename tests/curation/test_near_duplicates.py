"""MinHash estimates the similarity of actions, and the shorter of two alike attempts stays."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.curation.curate import curate
from repodojo.curation.near_duplicates import SIZE, action_shingles, sign
from repodojo.curation.settings import CurationSettings
from repodojo.types import Instance, Trajectory, Turn, Verdict

Build = Callable[..., Trajectory]


def acting(trajectory: Trajectory, *commands: str | None) -> Trajectory:
    turns = tuple(Turn(command, 0, 1, 1, "stop", 0.0, 0.0) for command in commands)
    return replace(trajectory, turns=turns)


@given(shared=st.integers(0, 60), own=st.integers(0, 60), other=st.integers(0, 60))
def test_signatures_estimate_the_similarity(shared: int, own: int, other: int) -> None:
    numbers = np.random.default_rng(7).integers(1 << 63, size=shared + own + other + 1).tolist()
    common, rest = numbers[: shared + 1], numbers[shared + 1 :]
    sets = [frozenset(common + rest[:own]), frozenset(common + rest[own:])]
    left, right = sign(sets)
    exact = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
    assert abs((left == right).mean() - exact) < 5 / (2 * SIZE**0.5)


def test_order_and_malformed_answers_count(trajectory: Build) -> None:
    one, other = "grep -n width text.py", "sed -i 3s/a/b/ text.py"
    there, back = (acting(trajectory("a"), *each) for each in ((one, other), (other, one)))
    assert action_shingles(there) != action_shingles(back)
    assert action_shingles(acting(trajectory("a"), None)) != action_shingles(acting(trajectory("a")))


@pytest.mark.parametrize("swap", [False, True])
def test_the_shorter_of_two_alike_attempts_stays(
    trajectory: Build, instance: Callable[..., Instance], swap: bool
) -> None:
    steps = [f"grep -n part_{n} src/module_{n}.py | head -{n}" for n in range(12)]
    made = [
        acting(trajectory("a", 0), *steps, "python check.py"),
        acting(trajectory("a", 1), *steps),
        acting(trajectory("a", 2), "ls", "git log"),
        acting(trajectory("b", 0), *steps),
    ]
    verdicts = {t.rollout_id: Verdict(t.rollout_id, t.instance_id, "resolved", "tests") for t in made}
    rules = CurationSettings(near_duplicates=0.8)
    found = curate(made[::-1] if swap else made, verdicts, [instance("a"), instance("b")], rules)
    assert [each.rollout_id for each in found.chosen] == ["a.1", "a.2", "b.0"]
    (note,) = [note for note in found.notes if note.removed]
    assert (note.rollout_id, note.reason) == ("a.0", "near_duplicate")
    assert note.detail.endswith("like a.1")

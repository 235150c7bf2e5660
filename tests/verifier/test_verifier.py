import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.types import Message, Outcome, Trajectory, Verdict
from repodojo.verifier.forms import FORMS
from repodojo.verifier.prompt import ANSWER_PREFIX, render_conversation, shorten
from repodojo.verifier.rows import Attempt, balance, build_rows, join_attempts
from repodojo.verifier.score import group_by_instance, probability_of_yes, score_trajectories
from repodojo.verifier.settings import VerifierSettings

MESSAGES = (Message("system", "s"), Message("user", "the issue"), Message("assistant", "the answer"))


def _trajectory(name: str, attempt: int = 0, messages: Sequence[Message] = MESSAGES) -> Trajectory:
    return Trajectory(
        f"{name}.{attempt}", name, "p", "bash_only", attempt, 0.0, 0, tuple(messages), (), "", "Submitted"
    )


def _attempt(number: int, outcome: Outcome) -> Attempt:
    trajectory = _trajectory(f"i{number}")
    return Attempt(trajectory, Verdict(trajectory.rollout_id, trajectory.instance_id, outcome, "tests"))


class LengthScorer:
    """Says YES to short conversations; has no room for those of a thousand characters."""

    name = "length"
    fingerprint = "1"

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        assert answer_prefix == ANSWER_PREFIX
        sizes = [sum(len(message.content) for message in c) for c in conversations]
        return [None if s > 1000 else {choices[0]: math.log(0.75), choices[1]: math.log(0.25)} for s in sizes]


def test_the_conversation_holds_the_interaction_but_not_the_agents_system_prompt() -> None:
    system, user = render_conversation(_trajectory("i"), 10_000)
    assert "the issue" in user.content
    assert "the answer" in user.content
    assert "Submitted" in user.content
    assert (system.role, user.role) == ("system", "user")


@given(st.lists(st.text(max_size=50), min_size=1, max_size=30), st.integers(0, 300))
def test_shortening_keeps_the_issue_and_the_end_in_order(texts: list[str], limit: int) -> None:
    messages = [Message("user", text) for text in texts]
    kept = shorten(messages, limit)
    assert kept[0] is messages[0]
    assert kept[-min(2, len(messages)) :] == messages[-min(2, len(messages)) :]
    assert sum(len(m.content) for m in kept) <= limit or len(kept) <= 3


@given(st.integers(0, 12), st.integers(0, 12), st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 3))
def test_balance_keeps_the_proportion_and_never_repeats(
    positives: int, negatives: int, ratio: float, seed: int
) -> None:
    outcomes: list[Outcome] = ["resolved"] * positives + ["unresolved"] * negatives
    attempts = [_attempt(number, outcome) for number, outcome in enumerate(outcomes)]
    chosen = balance(attempts, ratio, seed)
    resolved = sum(a.verdict.resolved for a in chosen)
    assert len({a.trajectory.rollout_id for a in chosen}) == len(chosen)
    assert abs(len(chosen) - resolved - ratio * resolved) <= ratio
    assert balance(attempts[::-1], ratio, seed) == chosen


def test_not_measured_attempts_make_no_rows() -> None:
    attempts = [_attempt(0, "resolved"), _attempt(1, "not_measured"), _attempt(2, "unresolved")]
    trajectories = {a.trajectory.rollout_id: a.trajectory for a in attempts}
    verdicts = {a.verdict.rollout_id: a.verdict for a in attempts}
    joined = join_attempts(trajectories, verdicts)
    assert [a.trajectory.instance_id for a in joined] == ["i0", "i2"]
    answers = [row["messages"][-1]["content"] for row in build_rows(joined, FORMS["interaction"], 1000)]
    assert answers == ["<judgement>YES</judgement>", "<judgement>NO</judgement>"]


@pytest.mark.parametrize(("yes", "no", "expected"), [(0.0, 0.0, 0.5), (-1.0, -1e6, 1.0), (-1e6, -1.0, 0.0)])
def test_probability_of_yes_is_a_softmax_of_two(yes: float, no: float, expected: float) -> None:
    assert probability_of_yes({"YES": yes, "NO": no}, "YES", "NO") == pytest.approx(expected)


def test_an_over_long_conversation_has_no_score() -> None:
    long = _trajectory("long", messages=(*MESSAGES, Message("user", "x" * 2000)))
    scores = score_trajectories(
        [_trajectory("short"), long], LengthScorer(), VerifierSettings(max_characters=10_000)
    )
    assert scores == {"short.0": pytest.approx(0.75), "long.0": None}


def test_trajectories_are_grouped_by_instance_in_order() -> None:
    given = [_trajectory("b"), _trajectory("a", 1), _trajectory("a", 0)]
    groups = group_by_instance({t.rollout_id: t for t in given})
    assert [(key, [t.attempt for t in group]) for key, group in groups.items()] == [("a", [0, 1]), ("b", [0])]

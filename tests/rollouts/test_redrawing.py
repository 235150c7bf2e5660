from collections.abc import Sequence

import pytest

from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.rollouts.redrawing import draw_answer
from repodojo.types import Message

SAID = [Message("user", "Go."), Message("assistant", "a"), Message("user", "No.")]


class Listed:
    """Answers from a list and keeps what it was asked with."""

    name = fingerprint = "listed"

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[SamplingParameters] = []

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        self.asked.append(parameters)
        return Completion(self.answers[len(self.asked) - 1], "stop", 3, 1)


@pytest.mark.parametrize(
    ("answers", "temperature", "redraws", "text", "draws"),
    [
        (["b"], 0.6, 3, "b", 1),
        (["a", "a", "b"], 0.6, 3, "b", 3),
        (["a", "a", "a"], 0.6, 2, "a", 3),
        (["a"], 0.6, 0, "a", 1),
        (["a"], 0.0, 3, "a", 1),
    ],
)
def test_a_repeated_answer_is_drawn_again_warmer(
    answers: list[str], temperature: float, redraws: int, text: str, draws: int
) -> None:
    policy = Listed(answers)
    drawn = draw_answer(policy, SAID, SamplingParameters(temperature), redraws)
    assert drawn[-1].text == text
    assert len(drawn) == len(policy.asked) == draws
    assert [p.temperature for p in policy.asked] == pytest.approx(
        [temperature + 0.2 * n for n in range(draws)]
    )
    assert len({p.seed for p in policy.asked}) == draws

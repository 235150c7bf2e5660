from dataclasses import replace

import pytest

from repodojo.errors import InputError
from repodojo.training.chat_format import sft_rows
from repodojo.training.settings import RowSettings
from repodojo.types import Message, Trajectory, Turn

SYSTEM, ISSUE = Message("system", "s"), Message("user", "i")


def _trajectory(*messages: Message) -> Trajectory:
    return Trajectory("r.0", "r", "p", "bash_only", 0, 0.0, 0, messages, (), "", "Submitted")


def test_a_row_ends_with_the_last_answer() -> None:
    (row,) = sft_rows([_trajectory(SYSTEM, ISSUE, Message("assistant", "a"), Message("user", "o"))])
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]


def test_a_trajectory_without_an_answer_makes_no_row() -> None:
    assert sft_rows([_trajectory(SYSTEM, ISSUE)]) == []


def _acting(*steps: tuple[str | None, int | None], exit_status: str = "LimitsExceeded") -> Trajectory:
    messages = [SYSTEM, ISSUE]
    for number, _ in enumerate(steps):
        messages += [Message("assistant", f"a{number}"), Message("user", f"o{number}")]
    turns = tuple(Turn(command, code, 1, 1, "stop", 0.0, 0.0) for command, code in steps)
    return replace(_trajectory(*messages), turns=turns, exit_status=exit_status)


STEPS: tuple[tuple[str | None, int | None], ...] = (
    ("ls", 0),
    ("lx", 127),
    (None, None),
    ("sleep 9", 124),
    ("ls", 0),
)


@pytest.mark.parametrize(
    ("masked", "places"),
    [((), None), (("failed",), [4, 8]), (("malformed",), [6]), (("failed", "malformed"), [4, 6, 8])],
)
def test_failed_commands_and_malformed_answers_can_go_without_loss(
    masked: tuple[str, ...], places: list[int] | None
) -> None:
    (row,) = sft_rows([_acting(*STEPS)], RowSettings(masked_turns=masked))
    assert row.get("masked") == places


def test_handing_in_without_a_command_is_not_malformed() -> None:
    settings = RowSettings(masked_turns=("malformed",))
    (row,) = sft_rows([_acting(("ls", 0), (None, None), exit_status="Submitted")], settings)
    assert "masked" not in row
    assert sft_rows([_acting((None, None))], settings) == []


def test_a_row_for_each_call_learns_that_call_only() -> None:
    rows = sft_rows([_acting(*STEPS)], RowSettings(per="call", masked_turns=("failed", "malformed")))
    assert [row["messages"][-1]["content"] for row in rows] == ["a0", "a4"]
    assert [row.get("masked") for row in rows] == [None, [2, 4, 6, 8]]


def test_turns_that_answers_cannot_be_told_by_are_refused() -> None:
    split = replace(_acting(*STEPS), turns=_acting(*STEPS[:3]).turns)
    assert len(sft_rows([split])) == 1
    with pytest.raises(InputError, match=r"r\.0: found 5 answers for 3 turns"):
        sft_rows([split], RowSettings(masked_turns=("failed",)))


def test_a_row_ends_with_the_last_answer_that_is_learned() -> None:
    (row,) = sft_rows([_acting(("ls", 0), ("lx", 127))], RowSettings(masked_turns=("failed",)))
    assert [message["role"] for message in row["messages"]].count("assistant") == 1
    assert row["messages"][-1]["role"] == "assistant"
    assert "masked" not in row

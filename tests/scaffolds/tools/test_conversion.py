import json
from collections.abc import Callable

import pytest

from repodojo.scaffolds.openhands import OpenHands, Options
from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.scaffolds.tools.conversion import split_calls
from repodojo.training.chat_format import sft_rows
from repodojo.types import Instance, Message, ToolCall, Trajectory
from repodojo.verifier.prompt import render_conversation

TOOLS = OpenHands(Options(calls="native")).tools


def call(number: int, name: str = "execute_bash", **arguments: str) -> ToolCall:
    return ToolCall(f"c{number}", name, json.dumps(arguments))


def result(number: int) -> Message:
    return Message("tool", f"result {number}", tool_call_id=f"c{number}")


def trajectory(*messages: Message) -> Trajectory:
    return Trajectory(
        "o__r-1.0", "o__r-1", "p", "openhands", 0, 0.0, 0, tuple(messages), (), "", "Submitted", tools=TOOLS
    )


BOTH = Message("assistant", "Two at once.", (call(1, command="a"), call(2, command="b")))


def test_an_answer_of_several_calls_becomes_several_answers() -> None:
    split = split_calls([Message("user", "x"), BOTH, result(1), result(2), Message("assistant", "done")])
    assert [(m.role, m.content, len(m.tool_calls)) for m in split] == [
        ("user", "x", 0),
        ("assistant", "Two at once.", 1),
        ("tool", "result 1", 0),
        ("assistant", "", 1),
        ("tool", "result 2", 0),
        ("assistant", "done", 0),
    ]


def test_results_in_another_order_stay_with_their_calls() -> None:
    split = split_calls([BOTH, result(2), result(1)])
    assert [m.content for m in split if m.role == "tool"] == ["result 1", "result 2"]


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        ([BOTH, result(1)], ["Two at once.", "result 1", ""]),
        ([BOTH], ["Two at once."]),
        ([BOTH, result(1), Message("user", "go on")], ["Two at once.", "result 1", ""]),
        ([BOTH, result(2), Message("assistant", "end")], ["Two at once.", "result 2", "end"]),
    ],
    ids=[
        "a last call ends a rollout",
        "the first of several",
        "asked to go on",
        "in the middle it is dropped",
    ],
)
def test_calls_without_a_result(messages: list[Message], kept: list[str]) -> None:
    split = split_calls(messages)
    assert [m.content for m in split if m.role != "user"] == kept
    assert all(len(m.tool_calls) <= 1 for m in split)


def test_a_native_trajectory_is_trained_on_as_text() -> None:
    made = trajectory(
        Message("system", "You work."),
        Message("user", "Fix it."),
        BOTH,
        result(1),
        result(2),
        Message("assistant", "", (call(3, "finish"),)),
    )
    (row,) = sft_rows([made])
    roles = [m["role"] for m in row["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user", "assistant"]
    texts = [m["content"] for m in row["messages"]]
    assert texts[0].startswith("You work.\n")
    assert "---- BEGIN FUNCTION #3: str_replace_editor ----" in texts[0]
    assert texts[2] == (
        "Two at once.\n\n<function=execute_bash>\n<parameter=command>a</parameter>\n</function>"
    )
    assert texts[3] == "EXECUTION RESULT of [execute_bash]:\nresult 1"
    assert texts[-1] == "<function=finish>\n</function>"
    assert all(set(m) == {"role", "content"} for m in row["messages"])


def test_the_text_of_a_native_teacher_is_what_a_text_student_is_shown(
    make_instance: Callable[[], Instance],
) -> None:
    native, text = OpenHands(Options(calls="native")), OpenHands(Options())
    opened = native.open(make_instance())
    assert trained_messages(trajectory(*opened)) == text.open(make_instance())


def test_a_verifier_reads_calls_and_results() -> None:
    made = trajectory(Message("system", "s"), Message("user", "Fix it."), BOTH, result(1), result(2))
    asked = render_conversation(made, 10_000)[1].content
    assert "<parameter=command>b</parameter>" in asked
    assert "result 2" in asked


def test_every_system_message_opens_a_row_of_its_own() -> None:
    messages = [Message("system", "one"), Message("user", "u"), Message("assistant", "a")]
    made = trajectory(*messages, Message("system", "two"), Message("user", "v"), Message("assistant", "b"))
    rows = sft_rows([made, trajectory(*messages, Message("system", "no answer"))])
    assert [row["messages"][-1]["content"] for row in rows] == ["a", "b", "a"]
    assert all(len(row["messages"]) == 3 for row in rows)

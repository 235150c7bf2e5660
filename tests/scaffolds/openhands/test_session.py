import json

import pytest

from repodojo.environments.sandbox import Sandbox
from repodojo.scaffolds.openhands import OpenHands, Options
from repodojo.scaffolds.openhands.session import OpenHandsSession, truncate
from repodojo.scaffolds.scaffold import Response
from repodojo.types import Message, ToolCall


def session(calls: str = "text", limit: int = 30_000) -> OpenHandsSession:
    return OpenHands(Options(calls=calls), limit).begin(None)


def bash(command: str) -> str:
    return f"<function=execute_bash>\n<parameter=command>{command}</parameter>\n</function>"


def call(name: str, number: int = 1, /, **arguments: object) -> ToolCall:
    return ToolCall(f"c{number}", name, json.dumps(arguments))


def text(rollout: OpenHandsSession, sandbox: Sandbox, answer: str) -> Response:
    return rollout.respond(Message("assistant", answer), sandbox, 20)


def native(rollout: OpenHandsSession, sandbox: Sandbox, *calls: ToolCall) -> Response:
    return rollout.respond(Message("assistant", "", calls), sandbox, 20)


def test_a_result_is_the_users_next_message(sandbox: Sandbox) -> None:
    made = text(session(), sandbox, "I look.\n" + bash("ls docs").removesuffix("</function>"))
    assert made.answer == Message("assistant", "I look.\n\n" + bash("ls docs"))
    (message,) = made.messages
    assert message.role == "user"
    assert message.content.startswith("EXECUTION RESULT of [execute_bash]:\nls docs\r\nmore\r\nuse.md[Python")
    assert message.content.endswith("\n[Command finished with exit code 0]")
    assert (made.command, made.exit_code, made.malformed) == (bash("ls docs"), 0, False)


def test_a_wrong_call_is_fed_back(sandbox: Sandbox) -> None:
    made = text(session(), sandbox, "<function=execute_bash>\n<parameter=cmd>ls</parameter>\n")
    assert made.malformed
    assert made.command is None
    assert made.messages[0].content == (
        "Parameter 'cmd' is not allowed for function 'execute_bash'. Allowed parameters: {'command'}"
        "\n[Error occurred in processing last action]"
    )
    assert made.answer is not None
    assert made.answer.content.endswith("</parameter>\n</function>")


def test_words_without_a_call_are_answered_and_giving_up_is_offered_the_second_time(sandbox: Sandbox) -> None:
    rollout = session()
    first, second = (text(rollout, sandbox, f"Hm {n}").messages[0].content for n in (1, 2))
    assert "finish" in first
    assert "give up" not in first
    assert second.startswith(first.rstrip())
    assert "give up" in second


def test_finish_ends_the_rollout(sandbox: Sandbox) -> None:
    made = text(session(), sandbox, "Done.\n\n<function=finish>\n")
    assert made.exit_status == "Submitted"
    assert made.answer == Message("assistant", "Done.\n\n<function=finish>\n</function>")


def test_native_calls_run_in_turn_each_with_its_result(sandbox: Sandbox) -> None:
    made = native(
        session("native"),
        sandbox,
        call("execute_bash", 1, command="echo x > f; false"),
        call("str_replace_editor", 2, command="view", path="/testbed/f"),
        call("finish", 3),
        call("execute_bash", 4, command="echo never"),
    )
    assert [(m.role, m.tool_call_id) for m in made.messages] == [("tool", "c1"), ("tool", "c2")]
    assert made.messages[0].content.endswith("[Command finished with exit code 1]")
    assert made.messages[1].content.endswith("     1\tx\n     2")
    assert made.exit_status == "Submitted"
    assert made.command is not None
    assert made.command.count("<function=") == 3


@pytest.mark.parametrize(
    ("wrong", "told", "kept"),
    [
        (
            ToolCall("c1", "execute_bash", '{"command": '),
            "Failed to parse tool call",
            {"arguments": '{"command": '},
        ),
        (ToolCall("c1", "execute_bash", "[1]"), "Failed to parse tool call", {"arguments": "[1]"}),
        (ToolCall("c1", "execute_bash", ""), "Missing required parameters", None),
        (call("execute_bash", command="ls", timeout=5), "Parameter 'timeout' is not allowed", None),
        (call("browse", url="x"), "Function 'browse' not found", None),
    ],
)
def test_a_wrong_native_call_is_answered_under_its_id(
    sandbox: Sandbox, wrong: ToolCall, told: str, kept: dict[str, str] | None
) -> None:
    made = native(session("native"), sandbox, wrong)
    assert made.malformed
    (message,) = made.messages
    assert (message.role, message.tool_call_id) == ("tool", "c1")
    assert message.content.startswith(told)
    assert made.answer is not None
    (call_kept,) = made.answer.tool_calls
    assert call_kept == wrong if kept is None else json.loads(call_kept.arguments) == kept


def test_a_long_observation_loses_its_middle_and_keeps_how_it_ended(sandbox: Sandbox) -> None:
    made = text(session(limit=1000), sandbox, bash("seq 5000"))
    content = made.messages[0].content.removeprefix("EXECUTION RESULT of [execute_bash]:\n")
    head, tail = content.split("\n[... Observation truncated due to length ...]\n")
    assert len(head) == 500
    assert head.startswith("seq 5000\r\n1\r\n2")
    assert tail.endswith(" $ \n[Command finished with exit code 0]")
    assert len(tail.removesuffix("\n[Command finished with exit code 0]")) == 500
    assert truncate("ab", 2) == "ab"
    assert truncate("abc", 2) == "a\n[... Observation truncated due to length ...]\nc"


def test_the_same_command_with_the_same_exit_code_is_a_loop(sandbox: Sandbox) -> None:
    """Outputs are not compared: a clock in them hides no loop."""
    rollout = session()
    for _ in range(4):
        assert not rollout.stuck()
        text(rollout, sandbox, bash("date +%N"))
    assert rollout.stuck()


def test_edits_are_compared_by_what_they_say(sandbox: Sandbox) -> None:
    rollout = session("native")
    insert = call(
        "str_replace_editor", command="insert", path="/testbed/words.py", insert_line=0, new_str="x"
    )
    for _ in range(5):
        native(rollout, sandbox, insert)
        assert not rollout.stuck()


def test_three_wrong_calls_after_another_are_a_loop(sandbox: Sandbox) -> None:
    rollout = session()
    text(rollout, sandbox, bash("ls"))
    for _ in range(3):
        assert not rollout.stuck()
        text(rollout, sandbox, "<function=browse>\n")
    assert rollout.stuck()


def test_a_monologue_is_a_loop(sandbox: Sandbox) -> None:
    rollout = session()
    for _ in range(3):
        assert not rollout.stuck()
        text(rollout, sandbox, "I am done.")
    assert rollout.stuck()

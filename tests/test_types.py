from repodojo.types import Message, ToolCall, Turn, from_json, to_json


def test_a_message_without_tools_has_the_json_form_of_one_that_knows_none() -> None:
    """Digests of conversations, and with them every checkpoint, would change otherwise."""
    assert to_json(Message("user", "")) == {"role": "user", "content": ""}


def test_calls_survive_the_round_trip() -> None:
    for message in (
        Message("assistant", "", (ToolCall("c1", "finish", "{}"),)),
        Message("tool", "a", tool_call_id="c1"),
    ):
        assert from_json(Message, to_json(message)) == message


def test_ids_of_tokens_are_in_a_turn_only_where_they_are_known() -> None:
    turn = Turn("ls", 0, 3, 1, "stop", 0.5, 0.1)
    assert set(to_json(turn)) == {
        *(
            "command",
            "exit_code",
            "prompt_tokens",
            "completion_tokens",
            "finish_reason",
            "policy_s",
            "sandbox_s",
        )
    }
    known = Turn("ls", 0, 3, 1, "stop", 0.5, 0.1, (1, 2, 3), (4,))
    assert from_json(Turn, to_json(known)) == known

from repodojo.types import Message, ToolCall, from_json, to_json


def test_a_message_without_tools_has_the_json_form_of_one_that_knows_none() -> None:
    """Digests of conversations, and with them every checkpoint, would change otherwise."""
    assert to_json(Message("user", "")) == {"role": "user", "content": ""}


def test_calls_survive_the_round_trip() -> None:
    for message in (
        Message("assistant", "", (ToolCall("c1", "finish", "{}"),)),
        Message("tool", "a", tool_call_id="c1"),
    ):
        assert from_json(Message, to_json(message)) == message

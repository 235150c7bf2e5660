from typing import Any

import pytest

from repodojo.errors import InputError
from repodojo.types import Message, ToolCall, Trajectory, Turn, Verdict, from_json, to_json

VERDICT = to_json(Verdict("a__b-1.0", "a__b-1", "resolved", "tests"))


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


@pytest.mark.parametrize("version", [2, 0, None, "1.0", []])
def test_a_record_of_another_schema_version_is_refused(version: Any) -> None:
    """It used to be read as one of this version."""
    with pytest.raises(InputError, match=r"^f, row 1: field 'schema_version': expected 1, found '.*release"):
        from_json(Verdict, {**VERDICT, "schema_version": version}, "f, row 1")


def test_an_unknown_field_is_named_at_any_depth() -> None:
    """It used to be dropped in silence."""
    with pytest.raises(
        InputError, match=r"^f: field 'outcom': Unknown field, leave it out, found 'resolved'"
    ):
        from_json(Verdict, {**VERDICT, "outcom": "resolved"}, "f")
    messages = (Message("user", ""), Message("assistant", "", (ToolCall("c1", "finish", "{}"),)))
    known = to_json(Trajectory("a__b-1.0", "a__b-1", "p", "s", 0, 0.0, 1, messages, (), "", "Submitted"))
    known["messages"][1]["tool_calls"][0]["index"] = 0
    with pytest.raises(InputError, match=r"field 'messages\.1\.tool_calls\.0\.index': Unknown field"):
        from_json(Trajectory, known)

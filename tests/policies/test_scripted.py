import pytest

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.policy import SamplingParameters
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.types import Message, ToolCall


def conversation(issue: str, *answers: str) -> list[Message]:
    messages = [Message("system", "s"), Message("user", issue)]
    for answer in answers:
        messages += [Message("assistant", answer), Message("user", "seen")]
    return messages


def test_replays_the_script_of_each_conversation() -> None:
    policy = ScriptedPolicy({"first": [["a", "b"]], "second": [["c"]]})
    assert policy.complete(conversation("the second issue"), SamplingParameters()).text == "c"
    assert policy.complete(conversation("the first issue"), SamplingParameters()).text == "a"
    assert policy.complete(conversation("the first issue", "a"), SamplingParameters(seed=7)).text == "b"


def test_the_seed_picks_a_script_and_the_answers_hold_it() -> None:
    policy = ScriptedPolicy({"": [["a", "a2"], ["b", "b2"]]})
    firsts = [policy.complete(conversation("x"), SamplingParameters(seed=seed)).text for seed in range(4)]
    assert firsts == ["a", "b", "a", "b"]
    assert {policy.complete(conversation("x", "b"), SamplingParameters(seed=s)).text for s in range(4)} == {
        "b2"
    }


def test_raises_what_the_script_says() -> None:
    policy = ScriptedPolicy({"": [["a", ContextLengthError("too long")]]})
    with pytest.raises(ContextLengthError, match="too long"):
        policy.complete(conversation("x", "a"), SamplingParameters())


@pytest.mark.parametrize(
    "messages", [conversation("other"), conversation("known", "a"), conversation("known", "z"), []]
)
def test_a_conversation_without_a_next_answer_is_a_policy_error(messages: list[Message]) -> None:
    with pytest.raises(PolicyError, match="no script goes on"):
        ScriptedPolicy({"known": [["a"]]}).complete(messages, SamplingParameters())


def test_the_fingerprint_follows_the_scripts() -> None:
    prints = {ScriptedPolicy({"k": [script]}).fingerprint for script in (["a"], ["b"], ["a", "b"])}
    assert len(prints) == 3
    assert ScriptedPolicy({"k": [["a"]]}).fingerprint in prints


def test_replays_tool_calls() -> None:
    call = Message("assistant", "I look.", (ToolCall("c1", "execute_bash", '{"command": "ls"}'),))
    policy = ScriptedPolicy({"": [(call, "done")]})
    opening = [Message("user", "x")]
    first = policy.complete(opening, SamplingParameters())
    assert (first.text, first.tool_calls) == (call.content, call.tool_calls)
    assert policy.complete([*opening, call], SamplingParameters()).text == "done"

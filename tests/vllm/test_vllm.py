"""The real server on a tiny checkpoint: the same answers and the same scores as the local engine."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.openai_api import OpenAIPolicy
from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.types import Message

if TYPE_CHECKING:
    from .conftest import Reference

pytestmark = pytest.mark.vllm

GREEDY = SamplingParameters(temperature=0.0, max_tokens=40)
ASKED = [Message("system", "You repair code."), Message("user", "repair area(2, 3) in ./shapes/area.py")]


def conversations(rows: list[dict]) -> list[list[Message]]:
    return [[Message(m["role"], m["content"]) for m in row["messages"]] for row in rows]


def whole(texts: Iterable[str]) -> list[str]:
    """Drop a character of which the last token is a part: vLLM keeps it back."""
    return [text.rstrip("\ufffd") for text in texts]


def complete_all(
    policy: Policy, asked: list[list[Message]], parameters: SamplingParameters
) -> list[Completion]:
    with ThreadPoolExecutor(24) as executor:
        return list(executor.map(lambda messages: policy.complete(messages, parameters), asked))


def test_greedy_answers_are_those_of_the_local_engine(
    served: OpenAIPolicy, engine: LocalEngine, reference: "Reference"
):
    rows = reference.expected["plain"]
    asked = conversations(rows)
    there, here = complete_all(served, asked, GREEDY), complete_all(engine, asked, GREEDY)
    assert whole(c.text for c in there) == whole(c.text for c in here) == whole(row["answer"] for row in rows)
    assert [c.prompt_tokens for c in there] == [c.prompt_tokens for c in here]
    assert [c.completion_tokens for c in there] == [c.completion_tokens for c in here]
    assert [c.finish_reason for c in there] == [c.finish_reason for c in here]


def test_scores_are_those_of_the_local_engine(
    served: OpenAIPolicy, engine: LocalEngine, reference: "Reference"
):
    asked = [*conversations(reference.expected["plain"]), [Message("user", "W" * 2_000)]]
    for prefix in ("", "W"):
        there = served.next_token_log_probabilities(asked, prefix, ["Y", "N"])
        here = engine.next_token_log_probabilities(asked, prefix, ["Y", "N"])
        assert there.pop() is None
        assert here.pop() is None
        for one, other in zip(there, here, strict=True):
            assert one == pytest.approx(other, abs=1e-3)


def test_a_choice_of_several_tokens_is_an_error(served: OpenAIPolicy):
    with pytest.raises(PolicyError, match="'QZX'"):
        served.next_token_log_probabilities([ASKED], "", ["QZX"])


def test_an_adapter_is_served_beside_its_base(served: OpenAIPolicy, reference: "Reference"):
    rows = reference.expected["adapted"]
    adapted = OpenAIPolicy("adapted", served.base_urls)
    answers = complete_all(adapted, conversations(rows), GREEDY)
    assert whole(answer.text for answer in answers) == whole(row["answer"] for row in rows)


def test_the_same_seed_draws_the_same_answer(served: OpenAIPolicy):
    def draw(seed: int) -> str:
        return served.complete(ASKED, SamplingParameters(1.0, max_tokens=20, seed=seed)).text

    assert [draw(seed) for seed in range(3)] == [draw(seed) for seed in range(3)]
    assert len({draw(seed) for seed in range(3)}) == 3


def test_many_long_seeded_prompts_at_once_do_not_end_the_server(served: OpenAIPolicy):
    """A batch that cut a seeded prompt in two used to end vLLM's engine on CPUs."""
    asked = [[Message("user", f"{n} {'Wj ' * 250}")] for n in range(24)]
    answers = complete_all(served, asked, SamplingParameters(1.0, max_tokens=8, seed=1))
    assert min(answer.prompt_tokens for answer in answers) > 500
    assert {answer.completion_tokens for answer in answers} <= set(range(9))


def test_stop_texts_end_the_answer_as_in_the_local_engine(served: OpenAIPolicy, engine: LocalEngine):
    whole = engine.complete(ASKED, GREEDY).text
    stop = SamplingParameters(0.0, max_tokens=40, stop=(whole[len(whole) // 2 :][:2],))
    assert served.complete(ASKED, stop).text == engine.complete(ASKED, stop).text != whole


def test_an_answer_fills_what_the_context_leaves_as_in_the_local_engine(
    served: OpenAIPolicy, engine: LocalEngine
):
    nearly_full = [Message("user", "W" * 1_000)]
    there, here = served.complete(nearly_full, GREEDY), engine.complete(nearly_full, GREEDY)
    assert whole([there.text]) == whole([here.text])
    assert replace(there, text="") == replace(here, text="")
    assert there.prompt_tokens + there.completion_tokens == 1_024


def test_a_conversation_without_room_is_an_error_of_its_own(served: OpenAIPolicy):
    with pytest.raises(ContextLengthError, match="1024"):
        served.complete([Message("user", "W" * 2_000)], GREEDY)

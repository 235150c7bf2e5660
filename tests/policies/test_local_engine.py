import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.policy import SamplingParameters
from repodojo.types import Message

if TYPE_CHECKING:
    from .conftest import Reference

GREEDY = SamplingParameters(temperature=0.0, max_tokens=40)
ASKED = [Message("system", "You repair code."), Message("user", "repair area(2, 3) in ./shapes/area.py")]


def as_messages(rows: list[dict[str, str]]) -> list[Message]:
    return [Message(row["role"], row["content"]) for row in rows]


def test_greedy_answers_are_those_of_transformers(engine: LocalEngine, reference: "Reference"):
    rows = reference.expected["plain"]
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda row: engine.complete(as_messages(row["messages"]), GREEDY), rows))
    assert [answer.text for answer in answers] == [row["answer"] for row in rows]
    assert [answer.prompt_tokens for answer in answers] == [row["tokens"] for row in rows]


def test_a_second_turn_on_kept_keys_and_values_is_that_of_transformers(
    engine: LocalEngine, reference: "Reference"
):
    for row in reference.expected["plain"]:
        assert engine.complete(as_messages(row["messages"]), GREEDY).text == row["answer"]


def test_scores_are_those_of_transformers(engine: LocalEngine, reference: "Reference"):
    rows = reference.expected["plain"]
    too_long = [Message("user", "Wj" * 2_000)]
    asked = [*(as_messages(row["messages"]) for row in rows), too_long]
    scores = engine.next_token_log_probabilities(asked, "", ["Y", "N"])
    assert scores.pop() is None
    for row, score in zip(rows, scores, strict=True):
        assert score == pytest.approx(row["scores"], abs=1e-4)


def test_a_score_follows_the_begun_answer(engine: LocalEngine):
    (first,) = engine.next_token_log_probabilities([ASKED], "", ["Y"])
    (later,) = engine.next_token_log_probabilities([ASKED], "Wj", ["Y"])
    assert first is not None
    assert later is not None
    assert abs(first["Y"] - later["Y"]) > 1e-3


def test_a_choice_of_several_tokens_is_an_error(engine: LocalEngine):
    with pytest.raises(PolicyError, match="'QZX' is not one token"):
        engine.next_token_log_probabilities([ASKED], "", ["QZX"])


def test_a_draw_depends_on_its_seed_and_not_on_its_companions(engine: LocalEngine):
    def complete(seed: int) -> str:
        return engine.complete(ASKED, SamplingParameters(1.0, max_tokens=30, seed=seed)).text

    alone = [complete(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as executor:
        together = list(executor.map(complete, range(6)))
    assert alone == together
    assert len(set(alone)) == 6


def test_an_answer_ends_before_a_stop_text(engine: LocalEngine):
    whole = engine.complete(ASKED, GREEDY).text
    stop = whole[len(whole) // 2 :][:2]
    cut = engine.complete(ASKED, SamplingParameters(0.0, max_tokens=40, stop=("not there", stop)))
    assert cut.text == whole[: whole.index(stop)]
    assert cut.finish_reason == "stop"


def test_an_answer_ends_with_its_tokens_or_with_the_context(engine: LocalEngine):
    short = engine.complete(ASKED, SamplingParameters(0.0, max_tokens=3))
    assert (short.completion_tokens, short.finish_reason) == (3, "length")
    nearly_full = [Message("user", "W" * 1_000)]
    last = engine.complete(nearly_full, GREEDY)
    assert last.prompt_tokens + last.completion_tokens == 1_024
    assert last.finish_reason == "length"


def test_a_conversation_without_room_is_an_error_of_its_own(engine: LocalEngine):
    with pytest.raises(ContextLengthError, match="1024"):
        engine.complete([Message("user", "W" * 2_000)], GREEDY)


def test_text_that_is_not_encodable_does_not_end_the_engine(engine: LocalEngine):
    assert engine.complete([Message("user", "\ud800 \x00")], GREEDY).completion_tokens > 0


def test_an_adapter_decodes_as_in_transformers(reference: "Reference"):
    rows, decoded = reference.expected["adapted"], reference.expected["adapted_decoded"]
    assert [row["answer"] for row in decoded] == [row["answer"] for row in rows]
    assert len({row["finish_reason"] for row in decoded}) == 2
    for row, other in zip(rows, decoded, strict=True):
        assert other["scores"] == pytest.approx(row["scores"], abs=1e-4)


def test_an_engine_outside_with_says_so(reference: "Reference"):
    with pytest.raises(PolicyError, match="inside `with`"):
        LocalEngine(reference.checkpoint).complete(ASKED, GREEDY)


def test_the_context_is_a_part_of_the_fingerprint(reference: "Reference"):
    plain = LocalEngine(reference.checkpoint)
    assert (
        LocalEngine(reference.checkpoint, "other name", threads=2, max_batch=5).fingerprint
        == plain.fingerprint
    )
    assert LocalEngine(reference.checkpoint, max_context=512).fingerprint != plain.fingerprint


def test_no_torch_in_the_process_that_asks():
    code = "import sys, repodojo.policies.local_engine; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})

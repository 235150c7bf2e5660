import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from repodojo.base_model.corpus import Document
from repodojo.base_model.functions import Function, find_functions, read_modules
from repodojo.base_model.recipe import Stage

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

WEIGHTS = Path(__file__).parents[2] / "src/repodojo/base_model/weights/medium"


@pytest.fixture(scope="module")
def tokenizer() -> "PreTrainedTokenizerFast":
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(WEIGHTS)


@pytest.fixture(scope="module")
def functions() -> list[Function]:
    return find_functions(read_modules(), max_lines=12)[:400]


@pytest.mark.parametrize("repeats_share", [0.0, 1.0])
def test_rows_are_full_and_repeat(
    functions: list[Function], tokenizer: "PreTrainedTokenizerFast", repeats_share: float
) -> None:
    from repodojo.base_model.rows import Rows, collate

    stage = Stage(steps=2, rows_per_step=3, tokens_per_row=256, repeats_share=repeats_share)
    rows = Rows(functions, stage, tokenizer, 1)
    drawn = [rows[number] for number in range(len(rows))]
    assert len(drawn) == 6
    assert [rows[number] for number in reversed(range(6))] == drawn[::-1]
    assert Rows(functions, stage, tokenizer, 2)[0] != drawn[0]
    assert collate(drawn)["input_ids"].shape == collate(drawn)["weights"].shape == (6, 256)


def test_a_document_weighs_most_where_it_answers(tokenizer: "PreTrainedTokenizerFast") -> None:
    from repodojo.base_model.rows import encode

    piece = encode(Document("fix:\n", "sed"), tokenizer, 0.15, tokenizer.eos_token)
    answer = [token for token, weight in zip(*piece, strict=True) if weight == 1]
    assert tokenizer.decode(answer) == "sed" + tokenizer.eos_token
    assert set(piece.weights) == {0.15, 1.0}


def test_only_the_second_saying_of_a_repeat_has_weight() -> None:
    from repodojo.base_model.rows import repeat

    for seed in range(200):
        tokens, weights = repeat(random.Random(seed), 500)
        said = sum(weight > 0 for weight in weights) + 1
        assert weights[-said + 1 :] == [1.0] * (said - 1)
        assert sum(weights) == said - 1
        assert tokens[-said:] in [tokens[at : at + said] for at in range(len(tokens) - said)]
        assert min(tokens) >= 4


def test_a_piece_that_is_longer_than_a_row_never_opens_one() -> None:
    from repodojo.base_model.rows import Piece, fill

    pieces = iter([Piece([9] * 8, [1.0] * 8), Piece([1, 2, 3], [0.5] * 3), Piece([4] * 8, [1.0] * 8)])
    assert fill(lambda: next(pieces), 5) == Piece([1, 2, 3, 4, 4], [0.5] * 3 + [1.0] * 2)


def test_a_document_as_a_turn_is_what_the_chat_template_writes(tokenizer: "PreTrainedTokenizerFast") -> None:
    from repodojo.base_model.rows import as_turn, encode
    from repodojo.base_model.tokenizer import IM_END

    piece = encode(as_turn(Document("fix:\n", "sed")), tokenizer, 0.15, IM_END + "\n")
    turns = [{"role": "user", "content": "fix:"}, {"role": "assistant", "content": "sed"}]
    assert piece.tokens == tokenizer.apply_chat_template(turns, return_dict=False)

"""A checkpoint that cannot answer as a verifier is refused before it is trained as one."""

from pathlib import Path
from typing import Any

import pytest

from repodojo.errors import InputError, PolicyError
from repodojo.pipelines.verifier.nodes import plan_training
from repodojo.policies.answer_tokens import single_tokens
from repodojo.verifier.answers import check_answers
from repodojo.verifier.settings import VerifierSettings

ROOT = Path(__file__).parents[2]
EMBEDDED = ROOT / "src/repodojo/base_model/weights/medium"


def checkpoint_knowing(folder: Path, words: list[str]) -> Path:
    """Write a tokenizer of whole words between blanks and angle brackets; others are unknown."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is missing: install the extra 'train'")
    vocabulary = {word: number for number, word in enumerate(["?", *words])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"<\w+>"), "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_a_vocabulary_without_the_answers_is_refused_before_training(tmp_path: Path) -> None:
    """Both answers were the unknown token, so that every score was 0.5."""
    folder = checkpoint_knowing(tmp_path, ["<judgement>", "word"])
    with pytest.raises(
        InputError, match=r"tokenizer.json: expected 'YES' and 'NO' as two tokens .* found: .*same"
    ):
        plan_training([{"messages": []}], folder, VerifierSettings())


def test_an_answer_of_several_tokens_is_refused_with_what_to_do() -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is missing: install the extra 'train'")
    with pytest.raises(InputError, match=r"' YES' is not one token .* or 'verifier.leading_"):
        check_answers(EMBEDDED, VerifierSettings(leading_space=True))


def test_a_checkpoint_that_knows_the_answers_is_taken(tmp_path: Path) -> None:
    check_answers(checkpoint_knowing(tmp_path, ["<judgement>", "YES", "NO"]), VerifierSettings())
    check_answers(EMBEDDED, VerifierSettings())
    check_answers(tmp_path / "without a fast tokenizer", VerifierSettings())


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (("ab", "c"), "'ab' is not one token after 'x', but 2"),
        (("", "c"), "'' is not one token after 'x', but 0"),
    ],
)
def test_choices_that_are_no_single_tokens_are_named(choices: Any, told: str) -> None:
    def encode(text: str) -> list[int]:
        return [ord(sign) for sign in text]

    assert single_tokens(encode, "x", ("a", "b")) == {"a": 97, "b": 98}
    with pytest.raises(PolicyError, match=told):
        single_tokens(encode, "x", choices)

"""Training's tokens and mask are those that serving sends and gets, or nothing is trained."""

import copy
from pathlib import Path
from typing import Any

import pytest

from repodojo.errors import NothingToLearnError, TrainingError
from repodojo.training.templates import training_template
from repodojo.training.token_rows import IGNORED, Tokenizers, tokenise_rows
from repodojo.training.tokens import build_row, check_row, serve_turns

CONVERSATION = [
    {"role": "system", "content": "You repair a bug."},
    {"role": "user", "content": "f(2) gives 3"},
    {"role": "assistant", "content": "```bash\nls\n```"},
    {"role": "user", "content": "4"},
    {"role": "assistant", "content": "```bash\necho done\n```"},
]
# How the templates of Qwen's models for training mark an answer: with the line breaks that frame it.
FRAMED = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role }}{% if m.role == 'assistant' %}{% generation %}"
    "{{ '\n' + m.content + '<|im_end|>\n' }}{% endgeneration %}{% else %}"
    "{{ '\n' + m.content + '<|im_end|>\n' }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def ends(tokenizer: Any) -> list[int]:
    return [tokenizer.convert_tokens_to_ids("<|im_end|>"), tokenizer.eos_token_id]


def pair(tokenizer: Any, template: str | None = None, serving: Any = None) -> Tokenizers:
    return Tokenizers(tokenizer, serving or tokenizer, template, ends(tokenizer))


@pytest.mark.parametrize("template", [None, FRAMED])
def test_equal_tokens_pass_and_answers_with_their_ends_are_learned(
    tokenizer: Any, template: str | None
) -> None:
    (row,), counts = tokenise_rows([{"messages": CONVERSATION}], pair(tokenizer, template), 512, "keep_first")
    learned = tokenizer.decode([token for token in row["labels"] if token != IGNORED])
    expected = "```bash\nls\n```<|im_end|>```bash\necho done\n```<|im_end|>"
    assert learned.replace("<|im_end|>\n", "<|im_end|>").replace("\n```bash", "```bash") == expected
    assert (counts.rows, counts.compared_turns, counts.trained) == (1, 2, 1)
    assert counts.tokens == len(row["input_ids"]) == counts.longest


def test_a_template_that_trains_other_tokens_is_refused_at_the_first(tokenizer: Any) -> None:
    spaced = tokenizer.chat_template.replace(
        "message['content'] + '<|im_end|>'", "message['content'] + ' <|im_end|>'"
    )
    with pytest.raises(TrainingError) as told:
        tokenise_rows([{"messages": CONVERSATION}] * 2, pair(tokenizer, spaced), 512, "keep_first")
    assert "row 1: token " in str(told.value)
    assert "of the prompt of message 3" in str(told.value)
    assert f"[{ends(tokenizer)[0]} '<|im_end|>']" in str(told.value)


def test_a_tokenizer_that_splits_otherwise_is_refused(tokenizer: Any) -> None:
    """Words were split otherwise in training than in serving: the tokenizer was loaded in two ways."""
    from tokenizers import Regex, pre_tokenizers

    other = copy.deepcopy(tokenizer)
    letters = pre_tokenizers.Split(Regex("."), "isolated")
    bytewise = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    other.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([letters, bytewise])
    with pytest.raises(TrainingError, match="must use one chat template and one tokenizer"):
        tokenise_rows([{"messages": CONVERSATION}], pair(other, serving=tokenizer), 512, "keep_first")


def test_an_answer_that_merges_with_the_prompt_is_refused(tokenizer: Any) -> None:
    merging = copy.deepcopy(tokenizer)
    merging.add_tokens(["\n\n"])
    rows = [{"messages": [*CONVERSATION[:2], {"role": "assistant", "content": "\n```bash\nls\n```"}]}]
    with pytest.raises(TrainingError, match=r"token \d+ of the prompt of message 3"):
        tokenise_rows(rows, pair(merging), 512, "keep_first")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda learned: [True, *learned[1:]], "loss falls on it, and the policy never writes it"),
        (lambda learned: [False] * len(learned), "no loss falls on it, though the policy has to write it"),
    ],
)
def test_a_mask_that_is_not_the_answers_is_refused(tokenizer: Any, change: Any, told: str) -> None:
    row = build_row(tokenizer, CONVERSATION, None)
    answers = serve_turns(tokenizer, CONVERSATION, ends(tokenizer))
    check_row("row 7", row, answers, tokenizer, CONVERSATION)
    with pytest.raises(TrainingError, match=rf"row 7: token \d+, .*{told}"):
        check_row("row 7", row._replace(learned=change(row.learned)), answers, tokenizer, CONVERSATION)


def test_an_answer_that_nothing_ends_is_refused(tokenizer: Any) -> None:
    with pytest.raises(TrainingError, match="a policy trained so would never stop"):
        serve_turns(tokenizer, CONVERSATION, [tokenizer.eos_token_id])


def test_masked_answers_bear_no_loss(tokenizer: Any) -> None:
    rows = [{"messages": CONVERSATION, "masked": [2]}, {"messages": CONVERSATION, "masked": [2, 4]}]
    (row,), counts = tokenise_rows(rows, pair(tokenizer), 512, "keep_first")
    learned = tokenizer.decode([token for token in row["labels"] if token != IGNORED])
    assert learned == "```bash\necho done\n```<|im_end|>"
    assert (counts.masked_turns, counts.without_loss, counts.trained) == (3, 1, 1)


def test_over_long_rows_are_cut_dropped_or_split_and_counted(tokenizer: Any) -> None:
    rows = [{"messages": CONVERSATION}, {"messages": CONVERSATION[:3]}]
    whole, _ = tokenise_rows(rows, pair(tokenizer), 512, "keep_first")
    length, short = len(whole[0]["input_ids"]), len(whole[1]["input_ids"])
    cut, counts = tokenise_rows(rows, pair(tokenizer), short, "keep_first")
    assert [len(row["input_ids"]) for row in cut] == [short, short]
    assert (counts.over_long, counts.cut, counts.longest) == (1, 1, length)
    kept, counts = tokenise_rows(rows, pair(tokenizer), short, "drop")
    assert (kept, counts.over_long, counts.dropped) == ([whole[1]], 1, 1)
    pieces, counts = tokenise_rows(rows[:1], pair(tokenizer), short, "split")
    assert [token for piece in pieces for token in piece["labels"]] == whole[0]["labels"]
    assert (counts.over_long, counts.split_into, counts.trained) == (1, len(pieces), len(pieces))


def test_nothing_left_to_learn_is_refused(tokenizer: Any) -> None:
    with pytest.raises(
        NothingToLearnError, match=r"nothing is left to learn from 1 rows: 1 dropped as longer than"
    ):
        tokenise_rows([{"messages": CONVERSATION}], pair(tokenizer), 8, "drop")


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (
            None,
            "base: chat template: expected one in chat_template.jinja or tokenizer_config.json, found none",
        ),
        (
            "{% for m in messages %}{{ m.content }}{% endfor %}",
            r"expected {% generation %} and {% endgeneration",
        ),
    ],
)
def test_a_template_that_marks_no_answers_used_to_end_with_a_traceback(
    tokenizer: Any, template: str | None, told: str
) -> None:
    other = copy.deepcopy(tokenizer)
    other.chat_template = template
    with pytest.raises(TrainingError, match=told):
        training_template(other, Path("base"))
    assert training_template(tokenizer, Path("base")) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("qwen2_5", None),
        ("qwen3_instruct_2507", None),
        ("qwen3", r"row 1: token \d+ of the prompt of message 5"),
    ],
)
def test_templates_of_real_models_pass_or_are_stopped_at_the_first_token(
    tokenizer: Any, name: str, told: str | None
) -> None:
    """Qwen3's leaves thoughts out of earlier turns when it serves, and cannot when it trains."""
    import trl

    other = copy.deepcopy(tokenizer)
    other.chat_template = (Path(trl.__file__).parent / f"chat_templates/{name}.jinja").read_text()
    pair_of = Tokenizers(other, other, training_template(other, Path(name)), ends(tokenizer))
    rows = [{"messages": CONVERSATION}]
    if told is None:
        (row,), _ = tokenise_rows(rows, pair_of, 512, "drop")
        assert "echo done" in tokenizer.decode([token for token in row["labels"] if token != IGNORED])
    else:
        with pytest.raises(TrainingError, match=told):
            tokenise_rows(rows, pair_of, 512, "drop")

from pathlib import Path

from repodojo.training.chat_format import sft_rows
from repodojo.types import Message, Trajectory

SYSTEM, ISSUE = Message("system", "s"), Message("user", "i")


def _trajectory(*messages: Message) -> Trajectory:
    return Trajectory("r.0", "r", "p", "bash_only", 0, 0.0, 0, messages, (), "", "Submitted")


def test_a_row_ends_with_the_last_answer() -> None:
    (row,) = sft_rows([_trajectory(SYSTEM, ISSUE, Message("assistant", "a"), Message("user", "o"))])
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]


def test_a_trajectory_without_an_answer_makes_no_row() -> None:
    assert sft_rows([_trajectory(SYSTEM, ISSUE)]) == []


def test_training_learns_the_answers_and_their_ends_and_nothing_else(tiny_checkpoint: Path) -> None:
    """The mask and the tokens that a served conversation has agree, token for token."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    turns = [Message("assistant", "a"), Message("user", "o"), Message("assistant", "b")]
    row = sft_rows([_trajectory(SYSTEM, ISSUE, *turns)])
    messages = row[0]["messages"]
    built = tokenizer.apply_chat_template(
        messages, return_dict=True, return_assistant_tokens_mask=True, tokenize=True
    )
    learned = [
        token for token, kept in zip(built["input_ids"], built["assistant_masks"], strict=True) if kept
    ]
    assert tokenizer.decode(learned) == "a<|im_end|>b<|im_end|>"
    served = tokenizer.apply_chat_template(messages[:2], add_generation_prompt=True, return_dict=True)
    assert built["input_ids"][: len(served["input_ids"])] == served["input_ids"]

"""The base model's tokenizer: byte-level BPE that gives a word the same tokens wherever it stands.

Digits, signs and spaces stand alone: a name after a dot, a quote or a space is one thing to copy. A piece
that takes its space along, as in larger tokenizers, is more than a small model learns to tell apart.
"""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, IM_START, IM_END, END_OF_TEXT = "<|pad|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>"
_PIECES = Regex(r"\d|[A-Za-z]+|[\t\n]| +|[^\sA-Za-z\d]")


def train_tokenizer(
    texts: Iterable[str], vocabulary_size: int, chat_template: str
) -> PreTrainedTokenizerFast:
    """Train the tokenizer and give it the Qwen2 control tokens and a chat template."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(_PIECES, "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[PAD, IM_START, IM_END, END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END_OF_TEXT,
        additional_special_tokens=[IM_START, IM_END],
        chat_template=chat_template,
        clean_up_tokenization_spaces=False,
    )


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the tokenizer's files."""
    tokenizer.save_pretrained(str(folder))

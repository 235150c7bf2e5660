"""Tokenizers as their files describe them.

AutoTokenizer does not give that: for some model types, Qwen2's among them, transformers 5 rebuilds the
tokenizer from its vocabulary with the original model's pre-tokenizer, whatever tokenizer.json says (its
MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS).
"""

import shutil
from pathlib import Path
from typing import Any

from repodojo.policies.adapters import adapter_chain

_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "vocab.json",
    "merges.txt",
)


def load_tokenizer(folder: Path) -> Any:
    """Load a transformers tokenizer from a checkpoint folder; an adapter without one has its base's."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast  # noqa: PLC0415 - seconds

    words = tokenizer_folder(folder)
    exact = (words / "tokenizer.json").exists()
    return (PreTrainedTokenizerFast if exact else AutoTokenizer).from_pretrained(str(words))


def tokenizer_folder(checkpoint: Path) -> Path:
    """Return the folder of a checkpoint's tokenizer: its own, or that of what an adapter goes on top of."""
    chain = adapter_chain(checkpoint)[::-1]
    return next((folder for folder in chain if (folder / "tokenizer_config.json").exists()), chain[-1])


def end_tokens(generation: Any, tokenizer: Any) -> list[int]:
    """Return the tokens that end an answer: those of generation_config.json, else the tokenizer's."""
    configured = generation.eos_token_id
    ends = tokenizer.eos_token_id if configured is None else configured
    return list(ends) if isinstance(ends, list) else [ends]


def copy_tokenizer(checkpoint: Path, folder: Path) -> bool:
    """Copy a checkpoint's tokenizer, without the misleading config.json; tell whether there is one."""
    for path in sorted({path for pattern in _FILES for path in checkpoint.glob(pattern) if path.is_file()}):
        shutil.copy(path, folder)
    return (checkpoint / "tokenizer.json").exists()

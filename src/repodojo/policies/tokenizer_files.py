"""Tokenizers as their files describe them.

AutoTokenizer does not give that: for some model types, Qwen2's among them, transformers 5 rebuilds the
tokenizer from its vocabulary with the original model's pre-tokenizer, whatever tokenizer.json says (its
MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS).
"""

import shutil
from pathlib import Path
from typing import Any

_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "vocab.json",
    "merges.txt",
)


def load_tokenizer(folder: Path) -> Any:
    """Load a transformers tokenizer from a checkpoint folder."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast  # noqa: PLC0415 - seconds

    exact = (folder / "tokenizer.json").exists()
    return (PreTrainedTokenizerFast if exact else AutoTokenizer).from_pretrained(str(folder))


def copy_tokenizer(checkpoint: Path, folder: Path) -> bool:
    """Copy a checkpoint's tokenizer, without the misleading config.json; tell whether there is one."""
    for path in sorted({path for pattern in _FILES for path in checkpoint.glob(pattern) if path.is_file()}):
        shutil.copy(path, folder)
    return (checkpoint / "tokenizer.json").exists()

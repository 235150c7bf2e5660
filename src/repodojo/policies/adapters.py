"""Adapters: folders of low-rank weights, each of which names the checkpoint that it goes on top of."""

import json
from pathlib import Path
from typing import Any

from repodojo.errors import InputError

CONFIG = "adapter_config.json"
_BASE = "base_model_name_or_path"


def adapter_base(folder: Path) -> Path | None:
    """Return the checkpoint that an adapter goes on top of; None for a folder that is no adapter.

    Raises:
        InputError: it names none.
    """
    config = folder / CONFIG
    if not config.exists():
        return None
    try:
        found = json.loads(config.read_text(encoding="utf-8"))[_BASE]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise InputError(
            f"{config}: {_BASE}: expected the checkpoint that it goes on top of, found {found!r}"
        )
    return Path(found)


def adapter_chain(folder: Path) -> list[Path]:
    """Return a checkpoint's folders, the whole checkpoint first, then each adapter on top of it.

    Raises:
        InputError: an adapter names no base, or itself in the end.
    """
    chain = [folder]
    while (base := adapter_base(chain[0])) is not None:
        if base in chain:
            raise InputError(f"{chain[0] / CONFIG}: {_BASE}: expected a checkpoint, found its own, {base}")
        chain.insert(0, base)
    return chain


def load_model(folder: Path, **how: Any) -> Any:
    """Load a checkpoint's model with transformers, every adapter merged into what it goes on top of."""
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - seconds

    whole, *adapters = adapter_chain(folder)
    model = AutoModelForCausalLM.from_pretrained(str(whole), **how)
    if adapters:
        from peft import PeftModel  # noqa: PLC0415 - seconds that a plain checkpoint need not pay
    for adapter in adapters:
        # An adapter freezes what it goes on top of, also once it is merged.
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().requires_grad_(True)
    return model

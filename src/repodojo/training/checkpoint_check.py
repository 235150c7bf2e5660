"""Looks whether the folder of a checkpoint holds what training and serving need, before any work."""

import json
from pathlib import Path

from repodojo.errors import InputError
from repodojo.policies.adapters import adapter_chain
from repodojo.policies.tokenizer_files import tokenizer_folder

_NEEDED = {
    "a model configuration": ("config.json", "adapter_config.json"),
    "weights": ("*.safetensors", "*.bin"),
    "a tokenizer": ("tokenizer.json", "tokenizer.model", "vocab.*"),
}


def check_checkpoint(folder: Path) -> None:
    """Look at a checkpoint's parts.

    Raises:
        InputError: naming what is missing, and the files that it may stand in.
    """
    _check_parts(folder)
    _check_base(folder)
    _check_template(tokenizer_folder(folder))
    _check_weights(folder)


def _check_parts(folder: Path) -> None:
    for what, patterns in _NEEDED.items():
        if not any(path.stat().st_size for pattern in patterns for path in folder.glob(pattern)):
            found = ", ".join(sorted(path.name for path in folder.iterdir())[:8])
            raise InputError(
                f"{folder}: {what} is missing: expected {' or '.join(patterns)}, found {found or 'nothing'}; "
                f"fetch the checkpoint again, or mend 'filepath' in the catalog"
            )


def _check_template(folder: Path) -> None:
    if any(path.stat().st_size for path in folder.glob("chat_template*")):
        return
    config = folder / "tokenizer_config.json"
    try:
        found = json.loads(config.read_text(encoding="utf-8")).get("chat_template")
    except (OSError, ValueError, AttributeError):
        found = None
    if not found:
        raise InputError(
            f"{folder}: a chat template is missing: expected chat_template.jinja, or chat_template in "
            f"tokenizer_config.json; take the one of the model's instruct version"
        )


def _check_base(folder: Path) -> None:
    whole = adapter_chain(folder)[0]
    if whole.is_absolute() and not whole.is_dir():
        raise InputError(
            f"{folder}: the checkpoint that the adapter goes on top of: expected a folder, found no {whole}; "
            f"fetch it, or mend base_model_name_or_path in adapter_config.json"
        )


def _check_weights(folder: Path) -> None:
    for index in folder.glob("*.safetensors.index.json"):
        parts = set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values())
        if absent := sorted(name for name in parts if not (folder / name).is_file()):
            raise InputError(
                f"{index}: expected {', '.join(absent[:5])} beside it; fetch the checkpoint again"
            )
    for weights in sorted(folder.glob("*.safetensors")):
        if not _is_whole(weights):
            raise InputError(
                f"{weights}: expected the bytes that its header announces, found {weights.stat().st_size}: "
                f"cut short, or a pointer to a large file; fetch the checkpoint again"
            )


def _is_whole(weights: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    size = weights.stat().st_size
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(min(length, size)))
            ends = [part["data_offsets"][1] for name, part in header.items() if name != "__metadata__"]
        except (AttributeError, ValueError, KeyError, TypeError):
            return False
    return size == 8 + length + max(ends, default=0)

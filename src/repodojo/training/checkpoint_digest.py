"""The digest of a checkpoint's files: what a policy served from it is known by."""

import hashlib
import json
from pathlib import Path

from repodojo.errors import InputError

_DECIDING_FILES = ("*.safetensors", "*.bin", "*config.json", "tokenizer*", "vocab*", "merges*", "*.jinja")
_TRAINER_FILES = ("training_args.bin",)


_NEEDED = {
    "a model configuration": ("config.json", "adapter_config.json"),
    "weights": ("*.safetensors", "*.bin"),
    "a tokenizer": ("tokenizer.json", "tokenizer.model", "vocab.*"),
}


def check_checkpoint(folder: Path) -> None:
    """Look whether a folder holds what training and serving need.

    Raises:
        InputError: naming what is missing, and the files that it may stand in.
    """
    for what, patterns in _NEEDED.items():
        if not any(path.stat().st_size for pattern in patterns for path in folder.glob(pattern)):
            found = ", ".join(sorted(path.name for path in folder.iterdir())[:8])
            raise InputError(
                f"{folder}: {what} is missing: expected {' or '.join(patterns)}, found {found or 'nothing'}; "
                f"fetch the checkpoint again, or mend 'filepath' in the catalog"
            )
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


def digest_checkpoint(folder: Path) -> str:
    """Return a digest of the files of a checkpoint (and of an adapter's base) that decide its answers.

    Raises:
        InputError: the folder holds no model configuration.
    """
    adapter = folder / "adapter_config.json"
    if not adapter.exists() and not (folder / "config.json").exists():
        raise InputError(f"{folder}: expected config.json or adapter_config.json there, found neither")
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _DECIDING_FILES for path in folder.glob(pattern)}):
        if path.name not in _TRAINER_FILES:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.name} {content}\n".encode())
    if adapter.exists():
        base = json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"]
        digest.update((digest_checkpoint(Path(base)) if Path(base).is_dir() else str(base)).encode())
    return digest.hexdigest()[:16]

"""The digest of a checkpoint's files: what a policy served from it is known by."""

import hashlib
from pathlib import Path

from repodojo.errors import InputError
from repodojo.policies.adapters import adapter_base

_DECIDING_FILES = ("*.safetensors", "*.bin", "*config.json", "tokenizer*", "vocab*", "merges*", "*.jinja")
_TRAINER_FILES = ("training_args.bin",)


def digest_checkpoint(folder: Path) -> str:
    """Return a digest of the files of a checkpoint (and of an adapter's base) that decide its answers.

    Raises:
        InputError: the folder holds no model configuration, or an adapter names no base.
    """
    base = adapter_base(folder)
    if base is None and not (folder / "config.json").exists():
        raise InputError(f"{folder}: expected config.json or adapter_config.json there, found neither")
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _DECIDING_FILES for path in folder.glob(pattern)}):
        if path.name not in _TRAINER_FILES:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{path.name} {content}\n".encode())
    if base is not None:
        digest.update((digest_checkpoint(base) if base.is_dir() else str(base)).encode())
    return digest.hexdigest()[:16]

"""Fused kernels: what of them is installed is used, and without any PyTorch's own do the same work.

They decide how fast a training goes on a GPU, not what it learns: they stand on the checkpoint's card, and in
no fingerprint.
"""

from collections.abc import Mapping
from typing import NamedTuple

FLASH = ("flash_attention_3", "flash_attention_2")
"""Attention that reads packed samples without a mask, the faster first."""
LIGER = "liger_kernel"


class Kernels(NamedTuple):
    """What a training computes with."""

    attention: str | None
    """By transformers' name; None is what the model comes with, PyTorch's where it can."""
    liger: bool
    """Norms, rotations and gates of the layers in one kernel each (Hsu et al. 2024, arXiv 2410.10989)."""


def choose_kernels(on_gpu: bool, installed: Mapping[str, bool]) -> Kernels:
    """Return the fastest kernels of those that are installed, by name; off the GPU there are none."""
    if not on_gpu:
        return Kernels(None, False)
    attention = next((name for name in FLASH if installed.get(name)), None)
    return Kernels(attention, installed.get(LIGER, False))


def kernels_here() -> Kernels:
    """Return what a training on this machine computes with."""
    import torch  # noqa: PLC0415 - seconds
    from transformers.utils import import_utils  # noqa: PLC0415

    installed = {
        "flash_attention_3": import_utils.is_flash_attn_3_available(),
        "flash_attention_2": import_utils.is_flash_attn_2_available(),
        LIGER: import_utils.is_liger_kernel_available(),
    }
    return choose_kernels(torch.cuda.is_available(), installed)

"""Attention of packed rows where no GPU is: causal within each sample, one call of PyTorch's for each.

Transformers keeps the samples of a pack apart by a mask over the whole pack, and PyTorch then computes every
pair of positions, those of different samples too. Left to right within a sample needs no mask.
"""

from itertools import pairwise
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME = "causal_within_samples"
_REPLACED = "sdpa"


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    position_ids: torch.Tensor,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Return what the heads read, (rows, length, heads, width); what is given has heads before length."""
    lengths = sample_lengths(position_ids)
    parts = zip(*(torch.split(states, lengths, dim=2) for states in (query, key, value)), strict=True)
    read = [sdpa_attention_forward(module, *part, None, is_causal=True, **options)[0] for part in parts]
    return torch.cat(read, dim=1), None


def sample_lengths(position_ids: torch.Tensor) -> list[int]:
    """Return the lengths of a pack's samples, each begun at position 0; several rows are no pack."""
    total = position_ids.shape[-1]
    if position_ids.shape[0] > 1:
        return [total]
    begins = (position_ids[0, 1:] == 0).nonzero().squeeze(1) + 1
    edges = [0, *begins.tolist(), total]
    return [end - begin for begin, end in pairwise(edges)]


def attend_within_samples(model: Any) -> None:
    """Make a model attend so, if all its layers attend to all that came before, and with PyTorch's own."""
    kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
    if model.config._attn_implementation == _REPLACED and kinds == {"full_attention"}:
        AttentionInterface.register(NAME, attend)
        AttentionMaskInterface.register(NAME, _no_mask)
        model.set_attn_implementation(NAME)


def _no_mask(*_: Any, **__: Any) -> None:
    return None

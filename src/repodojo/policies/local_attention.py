"""Child process: attention of a ragged row of tokens to the slots of a pool, for any transformers decoder.

One forward holds tokens of many sequences in one row. Their keys and values are written to the sequences'
slots and each run of tokens attends to its own slot alone, so nothing is padded.
"""

from typing import Any, NamedTuple

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

ATTENTION = "repodojo_slots"
_QUERY_CHUNK = 128


class Segment(NamedTuple):
    """A run of new tokens of one slot within the row."""

    slot: int
    start: int
    length: int


class Pool(NamedTuple):
    """Keys and values, ``[layer, slot, head, position, width]``; only what was written takes memory."""

    keys: torch.Tensor
    values: torch.Tensor
    mask: torch.Tensor
    """A causal strip, ``[query, positions + query]``: a slice of it masks any run of queries."""
    segments: list[Segment]
    """What the row of the current forward consists of."""


def make_pool(config: Any, slots: int, positions: int) -> Pool:
    """Reserve a pool for a model's configuration."""
    shape = (config.num_hidden_layers, slots, config.num_key_value_heads, positions, _head_width(config))
    allowed = torch.ones(_QUERY_CHUNK, positions + _QUERY_CHUNK, dtype=torch.bool).tril(positions)
    mask = torch.zeros(allowed.shape).masked_fill(~allowed, -torch.inf)
    return Pool(torch.empty(shape), torch.empty(shape), mask, [])


def slot_bytes(config: Any, positions: int) -> int:
    """Return the size of one slot of a pool."""
    heads = config.num_hidden_layers * config.num_key_value_heads
    return int(2 * heads * positions * _head_width(config) * torch.float32.itemsize)


def _head_width(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def attend_to_slots(  # noqa: PLR0913 - transformers calls it so
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    *,
    scaling: float,
    pool: Pool,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Store the row's keys and values, and attend to each slot; tensors are ``[1, head, token, width]``."""
    output = torch.empty(query.shape)
    grouped = query.shape[1] != key.shape[1]
    layer_keys, layer_values = pool.keys[module.layer_idx], pool.values[module.layer_idx]
    at = 0
    for slot, start, length in pool.segments:
        keys, values = layer_keys[slot : slot + 1], layer_values[slot : slot + 1]
        keys[:, :, start : start + length] = key[:, :, at : at + length]
        values[:, :, start : start + length] = value[:, :, at : at + length]
        for first in range(0, length, _QUERY_CHUNK):
            rows = min(_QUERY_CHUNK, length - first)
            here, end = slice(at + first, at + first + rows), start + first + rows
            edge = pool.mask.shape[1] - _QUERY_CHUNK + rows
            output[:, :, here] = scaled_dot_product_attention(
                query[:, :, here],
                keys[:, :, :end],
                values[:, :, :end],
                attn_mask=pool.mask[:rows, edge - end : edge] if rows > 1 else None,
                scale=scaling,
                enable_gqa=grouped,
            )
        at += length
    return output.transpose(1, 2), None


AttentionInterface.register(ATTENTION, attend_to_slots)

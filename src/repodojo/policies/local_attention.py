"""Child process: attention of a ragged row of tokens to the slots of a pool, for any transformers decoder.

One forward holds tokens of many sequences in one row. Their keys and values are written to the sequences'
slots and each run of tokens attends to its own slot alone, so nothing is padded.
"""

from collections.abc import Iterator, Sequence
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


class Pool:
    """Keys and values, ``[layer, slot, head, position, width]``; only what was written takes memory."""

    def __init__(self, config: Any, slots: int, positions: int) -> None:
        heads, width = config.num_key_value_heads, _head_width(config)
        shape = (config.num_hidden_layers, slots, heads, positions, width)
        self.keys, self.values = torch.empty(shape), torch.empty(shape)
        # A causal strip, [query, positions + query]: a slice of it masks any run of queries.
        allowed = torch.ones(_QUERY_CHUNK, positions + _QUERY_CHUNK, dtype=torch.bool).tril(positions)
        self.mask = torch.zeros(allowed.shape).masked_fill(~allowed, -torch.inf)
        self.lay_out([])

    def lay_out(self, segments: Sequence[Segment]) -> None:
        """Say what the row of the next forward consists of."""
        self.positions = torch.tensor(
            [s.start + i for s in segments for i in range(s.length)], dtype=torch.long
        )
        self.slots = torch.tensor([s.slot for s in segments for _ in range(s.length)], dtype=torch.long)
        self.runs = [run for segment in segments for run in _split(segment)]

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first ``length`` positions of a slot to another."""
        for store in (self.keys, self.values):
            store[:, target, :, :length] = store[:, source, :, :length]


def _split(segment: Segment) -> Iterator[Segment]:
    """Split a segment into runs of at most a chunk of queries, which keeps the scores small."""
    slot, start, length = segment
    for first in range(0, length, _QUERY_CHUNK):
        yield Segment(slot, start + first, min(_QUERY_CHUNK, length - first))


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
    keys, values = pool.keys[module.layer_idx], pool.values[module.layer_idx]
    keys[pool.slots, :, pool.positions] = key[0].transpose(0, 1)
    values[pool.slots, :, pool.positions] = value[0].transpose(0, 1)
    grouped = query.shape[1] != key.shape[1]
    edge = pool.mask.shape[1] - _QUERY_CHUNK
    outputs = []
    lengths = [run.length for run in pool.runs]
    for run, queries in zip(pool.runs, query.split_with_sizes(lengths, 2), strict=True):
        slot, end, length = run.slot, run.start + run.length, run.length
        outputs.append(
            scaled_dot_product_attention(
                queries,
                keys[slot : slot + 1, :, :end],
                values[slot : slot + 1, :, :end],
                attn_mask=pool.mask[:length, edge + length - end : edge + length] if length > 1 else None,
                scale=scaling,
                enable_gqa=grouped,
            )
        )
    return torch.cat(outputs, 2).transpose(1, 2), None


AttentionInterface.register(ATTENTION, attend_to_slots)

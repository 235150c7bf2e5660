"""Child process: decode many conversations at once with one transformers model, in float32.

Every step is one forward over a ragged row of tokens: a chunk of each new prompt and one token of each answer
under way, so requests join and leave at any step. The keys and values of a conversation stay in its slot of a pool
after the answer, and the next turn computes only the tokens that are new; what another slot already holds of a
prompt is copied from it. Draws come from a generator seeded by the request, so an answer depends on its companions in the
batch through float32 rounding alone.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

ATTENTION = "repodojo_slots"
_PREFILL_TOKENS = 512
_QUERY_CHUNK = 128


@dataclass(eq=False)
class Request:
    """One answer to write, or (with ``max_tokens`` 0) one next-token distribution to look at."""

    prompt: Sequence[int]
    max_tokens: int
    temperature: float
    seed: int
    is_stopped: Callable[[Sequence[int]], bool]
    """Whether the answer so far holds a stop text."""
    finish: Callable[["Request"], None]
    answer: list[int] = field(default_factory=list)
    finish_reason: str = "stop"
    log_probabilities: torch.Tensor | None = None
    """Of the token after the prompt, ``[vocabulary]``; set where ``max_tokens`` is 0."""
    rng: random.Random = field(default_factory=random.Random)


@dataclass(eq=False)
class Slot:
    """A place in the pool and the tokens whose keys and values it holds."""

    index: int
    tokens: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    length: int = 0
    request: Request | None = None
    pending: Sequence[int] = ()
    """Tokens of the request that are not computed yet."""
    used_at: int = 0


class Segment(NamedTuple):
    """A run of new tokens of one slot within the step's row."""

    slot: int
    start: int
    count: int


class Pool(NamedTuple):
    """Keys and values by ``[layer, slot, head, position, width]``; pages are only taken once written."""

    keys: torch.Tensor
    values: torch.Tensor
    mask: torch.Tensor
    """Lower-right causal strip, ``[query chunk, positions + query chunk]``: a slice of it masks any chunk."""
    segments: list[Segment]


def make_pool(config: Any, slots: int, positions: int) -> Pool:
    """Reserve a pool for a model's configuration."""
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    shape = (config.num_hidden_layers, slots, config.num_key_value_heads, positions, width)
    allowed = torch.ones(_QUERY_CHUNK, positions + _QUERY_CHUNK, dtype=torch.bool).tril(positions)
    mask = torch.zeros(allowed.shape).masked_fill(~allowed, -torch.inf)
    return Pool(torch.empty(shape), torch.empty(shape), mask, [])


def attend_to_slots(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, _: None, scaling: float, pool: Pool, **__: Any
) -> tuple[torch.Tensor, None]:
    """Store the row's keys and values in their slots, and attend to each slot (``query`` is ``[1, head, token, width]``)."""
    output = torch.empty(query.shape)
    at = 0
    for slot, start, count in pool.segments:
        keys, values = pool.keys[module.layer_idx, slot], pool.values[module.layer_idx, slot]
        keys[:, start : start + count] = key[0, :, at : at + count]
        values[:, start : start + count] = value[0, :, at : at + count]
        for first in range(0, count, _QUERY_CHUNK):
            rows = min(_QUERY_CHUNK, count - first)
            end = start + first + rows
            edge = pool.mask.shape[1] - _QUERY_CHUNK + rows
            output[:, :, at + first : at + first + rows] = scaled_dot_product_attention(
                query[:, :, at + first : at + first + rows],
                keys[None, :, :end],
                values[None, :, :end],
                attn_mask=pool.mask[:rows, edge - end : edge] if rows > 1 else None,
                scale=scaling,
                enable_gqa=query.shape[1] != keys.shape[0],
            )
        at += count
    return output.transpose(1, 2), None


AttentionInterface.register(ATTENTION, attend_to_slots)


class Decoder:
    """Continuous batching over a pool of slots; used from one thread."""

    def __init__(self, model: Any, end_tokens: Sequence[int], slots: int, positions: int) -> None:
        self.model = model
        self.end_tokens = frozenset(end_tokens)
        self.pool = make_pool(model.config, slots, positions)
        self.slots = [Slot(i) for i in range(slots)]
        self.waiting: deque[Request] = deque()
        self.step_count = 0

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return not self.waiting and all(slot.request is None for slot in self.slots)

    def submit(self, request: Request) -> None:
        """Queue a request."""
        request.rng.seed(request.seed)
        self.waiting.append(request)

    def step(self) -> None:
        """Admit what fits, run one forward, and give each sequence whose tokens are all computed its next token."""
        self.step_count += 1
        while self.waiting and any(slot.request is None for slot in self.slots):
            self._admit(self.waiting.popleft())
        chunks = self._choose_chunks()
        logits = self._forward(chunks)
        ready = [(slot, row) for row, (slot, _) in enumerate(chunks) if not slot.pending]
        if ready:
            self._advance([slot for slot, _ in ready], logits[[row for _, row in ready]])

    def _admit(self, request: Request) -> None:
        """Give the request the slot that holds most of it, or the one least recently used with a copy of the prefix."""
        prompt = np.asarray(request.prompt)
        shared = {slot.index: _common_prefix(slot.tokens[: slot.length], prompt) for slot in self.slots}
        free = [slot for slot in self.slots if slot.request is None]
        best = max(self.slots, key=lambda slot: shared[slot.index])
        # The last token is always computed again, for its logits.
        kept = min(shared[best.index], len(prompt) - 1)
        target = min(free, key=lambda slot: slot.used_at)
        if best.request is None and 2 * kept >= best.length:
            target = best
        elif target is not best:
            for store in (self.pool.keys, self.pool.values):
                store[:, target.index, :, :kept] = store[:, best.index, :, :kept]
        target.tokens, target.length, target.pending = prompt, kept, request.prompt[kept:]
        target.request, target.used_at = request, self.step_count

    def _choose_chunks(self) -> list[tuple[Slot, Sequence[int]]]:
        """Take one token of each answer and a bounded number of prompt tokens."""
        left = _PREFILL_TOKENS
        chunks = []
        for slot in sorted((s for s in self.slots if s.request), key=lambda s: (len(s.pending), s.used_at)):
            chunk = slot.pending if len(slot.pending) == 1 else slot.pending[:left]
            if not chunk:
                break
            left -= len(chunk) if len(slot.pending) > 1 else 0
            slot.pending = slot.pending[len(chunk) :]
            chunks.append((slot, chunk))
        return chunks

    def _forward(self, chunks: list[tuple[Slot, Sequence[int]]]) -> torch.Tensor:
        """Compute the chunks and return the logits after the last token of each, ``[chunk, vocabulary]``."""
        self.pool.segments[:] = [Segment(slot.index, slot.length, len(chunk)) for slot, chunk in chunks]
        positions = [slot.length + i for slot, chunk in chunks for i in range(len(chunk))]
        ends = torch.tensor([len(chunk) for _, chunk in chunks]).cumsum(0) - 1
        with torch.inference_mode():
            logits: torch.Tensor = self.model(
                input_ids=torch.tensor([[token for _, chunk in chunks for token in chunk]]),
                position_ids=torch.tensor([positions]),
                logits_to_keep=ends,
                use_cache=False,
                pool=self.pool,
            ).logits[0]
        for slot, chunk in chunks:
            slot.length += len(chunk)
        return logits

    def _advance(self, slots: list[Slot], logits: torch.Tensor) -> None:
        tokens = draw(logits, [slot.request for slot in slots if slot.request])
        for slot, token, row in zip(slots, tokens, logits, strict=True):
            request = slot.request
            if request is None:
                continue
            if request.max_tokens == 0:
                request.log_probabilities = torch.log_softmax(row, -1)
            elif token not in self.end_tokens:
                request.answer.append(token)
                if not request.is_stopped(request.answer):
                    if len(request.answer) < request.max_tokens:
                        slot.pending = [token]
                        continue
                    request.finish_reason = "length"
            slot.tokens = np.concatenate([slot.tokens, request.answer])[: slot.length].astype(np.int64)
            slot.request, slot.used_at = None, self.step_count
            request.finish(request)


def draw(logits: torch.Tensor, requests: Sequence[Request]) -> list[int]:
    """Draw each row's token with its own request's temperature and generator; the most likely at temperature 0."""
    greedy = logits.argmax(-1).tolist()
    warm = [row for row, request in enumerate(requests) if request.temperature > 0 and request.max_tokens > 0]
    if not warm:
        return list(greedy)
    temperatures = torch.tensor([requests[row].temperature for row in warm], dtype=torch.float64)
    cumulative = torch.softmax(logits[warm].double() / temperatures[:, None], -1).cumsum(-1)
    points = torch.tensor([requests[row].rng.random() for row in warm], dtype=torch.float64)[:, None]
    drawn = torch.searchsorted(cumulative, points * cumulative[:, -1:], right=True)[:, 0]
    for row, token in zip(warm, drawn.tolist(), strict=True):
        greedy[row] = min(token, logits.shape[-1] - 1)
    return list(greedy)


def _common_prefix(left: np.ndarray, right: np.ndarray) -> int:
    size = min(len(left), len(right))
    different = np.flatnonzero(left[:size] != right[:size])
    return int(different[0]) if len(different) else size

"""Child process: decode many conversations at once with one transformers model, in float32.

Every step is one forward over a ragged row of tokens: a chunk of each new prompt, and for each answer under
way its last token with guesses of what follows. Requests join and leave at any step. The keys and values of a
conversation stay in its slot after the answer, so the next turn computes only the tokens that are new; what
another slot holds of a prompt is copied from it. Draws come from a generator seeded by the request, one
number for each token of its answer: neither guesses nor companions change it, float32 rounding apart.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from repodojo.policies.local_attention import Pool, Segment
from repodojo.policies.local_sampling import draw
from repodojo.policies.local_slots import Request, Slot, admit

_PREFILL_TOKENS = 512
_MAX_GUESSES = 16


class Chunk(NamedTuple):
    """Tokens of one slot for one step; the logits after the last ``kept`` of them are wanted."""

    slot: Slot
    request: Request
    tokens: Sequence[int]
    kept: int


class Decoder:
    """Continuous batching over a pool of slots; used from one thread."""

    def __init__(self, model: Any, end_tokens: Sequence[int], slots: int, positions: int) -> None:
        self.model = model
        self.end_tokens = frozenset(end_tokens)
        self.pool = Pool(model.config, slots, positions)
        self.slots = [Slot(index) for index in range(slots)]
        self.waiting: deque[Request] = deque()
        self.step_count = 0

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return not self.waiting and all(slot.request is None for slot in self.slots)

    @property
    def only_scores(self) -> bool:
        """Whether no answer is being written."""
        under_way = [slot.request for slot in self.slots if slot.request is not None]
        return all(request.max_tokens == 0 for request in [*self.waiting, *under_way])

    def submit(self, request: Request) -> None:
        """Queue a request."""
        self.waiting.append(request)

    def step(self) -> None:
        """Admit what fits, run one forward, and take the next tokens of each sequence that is complete."""
        self.step_count += 1
        waiting, self.waiting = self.waiting, deque()
        for request in waiting:
            if not admit(self.slots, self.pool, request, self.step_count):
                self.waiting.append(request)
        chunks = self._choose_chunks()
        logits = self._forward(chunks)
        wanted = [chunk for chunk in chunks if chunk.kept]
        temperatures = [chunk.request.temperature for chunk in wanted for _ in range(chunk.kept)]
        points = [p for c in wanted for p in c.slot.next_points(len(c.request.answer), c.kept)]
        drawn = draw(logits, temperatures, points)
        at = 0
        for chunk in wanted:
            if chunk.request.max_tokens == 0:
                chunk.request.log_probabilities = torch.log_softmax(logits[at], -1)
                self._release(chunk)
            else:
                self._extend(chunk, drawn[at : at + chunk.kept])
            at += chunk.kept

    def _choose_chunks(self) -> list[Chunk]:
        """Take what every answer needs and a bounded number of prompt tokens, oldest request first."""
        chunks = []
        left = _PREFILL_TOKENS
        for slot in sorted(self.slots, key=lambda slot: slot.used_at):
            request = slot.request
            if request is None:
                continue
            if request.answer:
                chunks.append(Chunk(slot, request, slot.pending, len(slot.pending)))
            elif left > 0:
                tokens, slot.pending = slot.pending[:left], slot.pending[left:]
                left -= len(tokens)
                chunks.append(Chunk(slot, request, tokens, 0 if slot.pending else 1))
        return chunks

    def _forward(self, chunks: list[Chunk]) -> torch.Tensor:
        """Compute the chunks and return the wanted logits, ``[sum of kept, vocabulary]``."""
        self.pool.lay_out([Segment(c.slot.index, c.slot.length, len(c.tokens)) for c in chunks])
        wanted = [i >= len(c.tokens) - c.kept for c in chunks for i in range(len(c.tokens))]
        with torch.inference_mode():
            logits: torch.Tensor = self.model(
                input_ids=torch.tensor([[token for chunk in chunks for token in chunk.tokens]]),
                position_ids=self.pool.positions[None],
                logits_to_keep=torch.tensor(wanted).nonzero()[:, 0],
                use_cache=False,
                pool=self.pool,
            ).logits[0]
        for chunk in chunks:
            chunk.slot.length += len(chunk.tokens)
        return logits

    def _extend(self, chunk: Chunk, drawn: Sequence[int]) -> None:
        """Take drawn tokens as long as each was drawn after a right guess, then guess anew."""
        slot, request = chunk.slot, chunk.request
        guessed = chunk.tokens[len(chunk.tokens) - chunk.kept + 1 :]
        right = 0
        while not (is_done := self._take(slot, request, drawn[right])):
            if right == len(guessed) or drawn[right] != guessed[right]:
                break
            right += 1
        slot.length -= len(guessed) - right
        if is_done:
            self._release(chunk)
            return
        slot.guesses = min(_MAX_GUESSES, 2 * right + 2)
        room = request.max_tokens - len(request.answer) - 1
        slot.pending = [drawn[right], *slot.lookup.guess(min(slot.guesses, room))]

    def _take(self, slot: Slot, request: Request, token: int) -> bool:
        """Add a token to the answer, and tell whether the answer is done."""
        request.drawn += 1
        if token in self.end_tokens:
            return True
        request.answer.append(token)
        slot.lookup.append(token)
        if request.is_stopped(request.answer):
            return True
        if len(request.answer) < request.max_tokens:
            return False
        request.finish_reason = "length"
        return True

    def _release(self, chunk: Chunk) -> None:
        chunk.slot.close(self.step_count)
        chunk.request.finish(chunk.request)

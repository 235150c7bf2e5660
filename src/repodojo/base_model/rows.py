"""The base model's training rows: documents one after another, each row drawn from its own number."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerFast

from repodojo.base_model.conversations import Conversations
from repodojo.base_model.corpus import Document
from repodojo.base_model.draws import Shares
from repodojo.base_model.functions import Function
from repodojo.base_model.recipe import Stage
from repodojo.base_model.tokenizer import END_OF_TEXT, IM_END, IM_START

_CONTROL_TOKENS = 4


class Piece(NamedTuple):
    """Tokens and the weight of each in the loss."""

    tokens: list[int]
    weights: list[float]


class Rows(torch.utils.data.Dataset[dict[str, list[Any]]]):
    """The rows of all steps of a stage."""

    def __init__(
        self,
        functions: list[Function],
        stage: Stage,
        tokenizer: PreTrainedTokenizerFast,
        seed: int,
    ) -> None:
        """Bind what the rows are drawn from."""
        self.writer = Conversations(
            functions,
            random.Random(seed),
            stage.max_characters,
            Shares(stage.made_up_share, stage.rewrites_share, stage.dressed_share),
        )
        self.stage, self.tokenizer, self.seed = stage, tokenizer, seed

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.stage.steps * self.stage.rows_per_step

    def __getitem__(self, number: int) -> dict[str, list[Any]]:
        """Draw a row of ``tokens_per_row`` tokens."""
        rng = random.Random(f"{self.seed} {number}")
        if rng.random() < self.stage.repeats_share:
            piece = fill(partial(repeat, rng, len(self.tokenizer)), self.stage.tokens_per_row)
        else:
            self.writer.rng = rng
            piece = fill(self._document, self.stage.tokens_per_row)
        return {"input_ids": piece.tokens, "weights": piece.weights}

    def _document(self) -> Piece:
        weight = self.stage.prompt_weight
        if not self.stage.turns:
            return encode(self.writer.document(), self.tokenizer, weight, END_OF_TEXT)
        drawn = self.writer.rng.random() - self.stage.sessions_share
        if drawn < 0:
            turns = self.writer.session()
        elif drawn < self.stage.variants_share:
            turns = self.writer.variants()
        else:
            turns = [self.writer.document()]
        return join([encode(as_turn(turn), self.tokenizer, weight, IM_END + "\n") for turn in turns])


def as_turn(document: Document) -> Document:
    """Put a document between the control tokens of a chat, as the chat template does."""
    question = document.prompt.strip("\n")
    return document._replace(prompt=f"{IM_START}user\n{question}{IM_END}\n{IM_START}assistant\n")


def encode(document: Document, tokenizer: PreTrainedTokenizerFast, prompt_weight: float, end: str) -> Piece:
    """Encode a document and what ends it; the completion weighs 1 a token, the prompt less."""
    prompt = tokenizer.encode(document.prompt)
    completion = tokenizer.encode(document.completion + end)
    weight = 1.0 if document.taught else prompt_weight
    return Piece(prompt + completion, [prompt_weight] * len(prompt) + [weight] * len(completion))


def join(pieces: Sequence[Piece]) -> Piece:
    """Put pieces one after another."""
    return Piece(
        [t for piece in pieces for t in piece.tokens], [w for piece in pieces for w in piece.weights]
    )


def repeat(rng: random.Random, vocabulary: int) -> Piece:
    """Draw random tokens that are said twice, near or far apart; only the second saying has weight."""
    bounds = ((0, 20), (8, 50), (0, rng.choice([1, 60, 400])))
    before, said, between = (
        [rng.randrange(_CONTROL_TOKENS, vocabulary) for _ in range(rng.randrange(*bound))] for bound in bounds
    )
    weights = [0.0] * (len(before) + len(said) + len(between) + 1) + [1.0] * (len(said) - 1)
    return Piece([*before, *said, *between, *said], weights)


def fill(draw: Callable[[], Piece], tokens: int) -> Piece:
    """Join pieces until a row is full, and cut the last one."""
    row = Piece([], [])
    while len(row.tokens) < tokens:
        piece = draw()
        if row.tokens or len(piece.tokens) <= tokens:
            row = join([row, piece])
    return Piece(row.tokens[:tokens], row.weights[:tokens])


def collate(rows: Sequence[dict[str, list[Any]]]) -> dict[str, torch.Tensor]:
    """Stack rows of one length."""
    return {key: torch.tensor([row[key] for row in rows]) for key in ("input_ids", "weights")}

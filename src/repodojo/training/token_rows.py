"""The rows of a training as tokens: compared with serving, fitted to the longest length, and counted."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from repodojo.errors import NothingToLearnError
from repodojo.training.tokens import TokenRow, build_row, check_row, serve_turns, without_loss

Overlong = Literal["keep_first", "drop", "split"]
IGNORED = -100
"""The label of a token without loss."""


@dataclass
class RowCounts:
    """What became of the rows of a training."""

    rows: int = 0
    compared_turns: int = 0
    """Answers found to be the same tokens in training and serving."""
    masked_turns: int = 0
    over_long: int = 0
    cut: int = 0
    dropped: int = 0
    split_into: int = 0
    """Pieces that over-long rows were split into."""
    without_loss: int = 0
    """Rows, and pieces of rows, left out because nothing in them is learned."""
    trained: int = 0
    """Rows and pieces that are trained on."""
    tokens: int = 0
    learned_tokens: int = 0
    """Tokens of those that loss falls on."""
    longest: int = 0
    """Tokens of the longest row before it was fitted."""

    def as_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


@dataclass(frozen=True)
class Tokenizers:
    """The tokenizer of training and the one that serving loads, and how serving ends an answer."""

    training: Any
    serving: Any
    template: str | None
    """What training renders with, where the tokenizer's own template marks no answers."""
    ends: Collection[int]


def tokenise_rows(
    rows: Sequence[Mapping[str, Any]], tokenizers: Tokenizers, max_tokens: int, overlong: Overlong
) -> tuple[list[dict[str, list[int]]], RowCounts]:
    """Return rows of ``input_ids`` and ``labels``, and what became of the rows.

    Raises:
        TrainingError: a row is other tokens in training than in serving.
        NothingToLearnError: no row is left to learn from.
    """
    counts, trained = RowCounts(rows=len(rows)), []
    for number, row in enumerate(rows, 1):
        for piece in _fit(_tokenise(f"row {number}", row, tokenizers, counts), max_tokens, overlong, counts):
            if any(piece.learned):
                trained.append(piece)
            else:
                counts.without_loss += 1
    counts.trained = len(trained)
    counts.tokens = sum(len(piece.input_ids) for piece in trained)
    counts.learned_tokens = sum(map(sum, (piece.learned for piece in trained)))
    if not trained:
        raise NothingToLearnError(
            f"nothing is left to learn from {counts.rows} rows: {counts.dropped} dropped as longer than "
            f"max_tokens ({max_tokens}), {counts.without_loss} without a token that loss falls on; "
            f"raise max_tokens, or choose another overlong"
        )
    return [_labelled(piece) for piece in trained], counts


def _tokenise(name: str, row: Mapping[str, Any], tokenizers: Tokenizers, counts: RowCounts) -> TokenRow:
    """Build a row's tokens, compare them with serving, and mask what the row says."""
    built = build_row(tokenizers.training, row["messages"], tokenizers.template)
    answers = serve_turns(tokenizers.serving, row["messages"], tokenizers.ends)
    check_row(name, built, answers, tokenizers.serving, row["messages"])
    masked = set(row.get("masked", ()))
    counts.compared_turns += len(answers)
    counts.masked_turns += sum(answer.message in masked for answer in answers)
    return without_loss(built, answers, masked) if masked else built


def _fit(row: TokenRow, max_tokens: int, overlong: Overlong, counts: RowCounts) -> Iterator[TokenRow]:
    """Yield what of a row is trained on."""
    length = len(row.input_ids)
    counts.longest = max(counts.longest, length)
    if length <= max_tokens:
        yield row
        return
    counts.over_long += 1
    if overlong == "drop":
        counts.dropped += 1
    elif overlong == "keep_first":
        counts.cut += 1
        yield TokenRow(row.input_ids[:max_tokens], row.learned[:max_tokens])
    else:
        for start in range(0, length, max_tokens):
            counts.split_into += 1
            piece = slice(start, start + max_tokens)
            yield TokenRow(row.input_ids[piece], row.learned[piece])


def _labelled(row: TokenRow) -> dict[str, list[int]]:
    pairs = zip(row.input_ids, row.learned, strict=True)
    return {"input_ids": row.input_ids, "labels": [token if kept else IGNORED for token, kept in pairs]}

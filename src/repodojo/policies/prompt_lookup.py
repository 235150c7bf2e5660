"""Guess what follows a sequence of tokens from what followed its last tokens before.

Answers of an agent repeat paths, names and lines of their prompt, so such guesses are often right
(prompt lookup decoding, https://github.com/apoorvumang/prompt-lookup-decoding).
"""

from collections.abc import Sequence

_SIZES = (3, 2)


class PromptLookup:
    """A growing sequence of tokens that knows where each pair and triple last occurred."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        for token in tokens:
            self.append(token)

    def append(self, token: int) -> None:
        """Add the next token."""
        place = len(self.tokens)
        for size in _SIZES:
            if place >= size:
                self._after[tuple(self.tokens[-size:])] = place
        self.tokens.append(token)

    def guess(self, count: int) -> list[int]:
        """Return up to ``count`` tokens that may follow; none where the last pair is new."""
        for size in _SIZES:
            place = self._after.get(tuple(self.tokens[-size:]))
            if place is not None:
                return self.tokens[place : place + count]
        return []

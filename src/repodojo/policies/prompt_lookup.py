"""Guess what follows a sequence of tokens from what followed its last tokens before.

Answers of an agent repeat paths, names and lines of their prompt, so such guesses are often right
(prompt lookup decoding, https://github.com/apoorvumang/prompt-lookup-decoding).
"""

from collections.abc import Sequence


class PromptLookup:
    """A growing sequence of tokens that knows what last followed each pair and triple."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens = list(tokens)
        places = range(len(self.tokens))
        self._after_two = dict(zip(zip(self.tokens, self.tokens[1:], strict=False), places[2:], strict=False))
        triples = zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False)
        self._after_three = dict(zip(triples, places[3:], strict=False))

    def append(self, token: int) -> None:
        """Add the next token."""
        last = self.tokens[-3:]
        if len(last) == 3:
            self._after_three[last[0], last[1], last[2]] = len(self.tokens)
        if len(last) >= 2:
            self._after_two[last[-2], last[-1]] = len(self.tokens)
        self.tokens.append(token)

    def guess(self, count: int) -> list[int]:
        """Return up to ``count`` tokens that may follow; none where the last pair is new."""
        last = self.tokens[-3:]
        place = self._after_three.get((last[0], last[1], last[2])) if len(last) == 3 else None
        if place is None and len(last) >= 2:
            place = self._after_two.get((last[-2], last[-1]))
        return [] if place is None else self.tokens[place : place + count]

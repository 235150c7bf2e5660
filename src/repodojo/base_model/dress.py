"""Ways to wrap the answers of a conversation: fences, quotes, here-documents, commands, all drawn at random.

A model that has seen many learns the one of its tools from a few examples.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

_FENCES = ("", "", "sh", "text", "python", "console", "edit", "answer", "tool")
_SETUPS = ("", "", "", "cd src; ", "source ./env; ", "set -e; make; ")


class Dress(NamedTuple):
    """How every answer of one conversation is wrapped."""

    fenced: bool
    fence: str
    """What follows the opening fence."""
    setup: str
    """Commands before the first answer of one line."""
    line: tuple[str, str]
    """What stands around an answer of one line."""
    passage: tuple[str, str]
    """What stands around an answer of several lines."""

    def wrap(self, answer: str, first: bool) -> str:
        """Wrap an answer."""
        before, after = self.passage if "\n" in answer else self.line
        body = f"{self.setup if first else ''}{before}{answer}{after}"
        return f"```{self.fence}\n{body}\n```" if self.fenced else body


def draw_dress(rng: random.Random, word: Callable[[], str]) -> Dress:
    """Draw a way to wrap; its names are words from ``word``."""
    line, passage, tag = word(), word(), rng.choice([word().upper()[:6], "EOF", "X", "END"])
    quote = rng.choice(["'", '"', ""])
    return Dress(
        fenced=rng.random() < 0.6,
        fence=rng.choice(_FENCES),
        setup=rng.choice(_SETUPS),
        line=rng.choice(
            [(f'{line} "', '"'), (f"{line} '", "'"), (f"{line} ", ""), (f"<{line}>", f"</{line}>")]
        ),
        passage=rng.choice(
            [
                (f"{passage} <<{quote}{tag}{quote}\n", f"\n{tag}"),
                (f"{passage} <<{quote}{tag}{quote}\n", f"\n{tag}"),
                (f"<{passage}>\n", f"\n</{passage}>"),
                (f"{passage}:\n", ""),
            ]
        ),
    )

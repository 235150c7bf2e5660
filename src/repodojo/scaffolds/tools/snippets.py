"""What an editor shows of a text, and where in a text with tabs a passage without them stands."""

from typing import NamedTuple

LONGEST = 16_000
"""Characters of a file or listing that are shown at once."""
CLIPPED = (
    "<response clipped><NOTE>To save on context only part of this file has been shown to you. You should "
    "retry this tool after you have searched inside the file with `grep -n` in order to find the line "
    "numbers of what you are looking for.</NOTE>"
)
"""As openhands-aci 0.1 has it (``editor/prompts.py``)."""


class Span(NamedTuple):
    """A passage of a text."""

    start: int
    end: int


def clip(text: str) -> str:
    """Cut a text off after `LONGEST` characters, and say so."""
    return text if len(text) <= LONGEST else text[:LONGEST] + CLIPPED


def show(text: str, what: str, first_line: int = 1) -> str:
    """Number a text's lines as ``cat -n`` does, tabs expanded."""
    lines = clip(text).expandtabs().split("\n")
    numbered = "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, first_line))
    return f"Here's the result of running `cat -n` on {what}:\n{numbered}\n"


def line_numbers(text: str, passage: str) -> list[int]:
    """Return the line on which each occurrence of a passage starts; occurrences may overlap."""
    lines = []
    line, counted = 1, 0
    at = text.find(passage)
    while at >= 0:
        line += text.count("\n", counted, at)
        counted = at
        lines.append(line)
        at = text.find(passage, at + 1)
    return lines


def unexpanded(text: str, span: Span) -> Span | None:
    """Find a passage of the text with its tabs expanded in the text itself; None where it cuts a tab."""
    starts: list[int | None] = []
    column = 0
    for at, character in enumerate(text):
        width = 8 - column % 8 if character == "\t" else 1
        starts += [at, *[None] * (width - 1)]
        column = 0 if character in "\n\r" else column + width
    starts.append(len(text))
    start, end = starts[span.start], starts[span.end]
    return None if start is None or end is None else Span(start, end)

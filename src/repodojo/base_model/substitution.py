"""One replacement in a line of text, and the ``sed`` command that makes it.

The base model's corpus says its edits this way.
"""

import re
from typing import NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Edit(NamedTuple):
    """A replacement of ``old`` by ``new`` at a column of one line."""

    line: int
    column: int
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Return the line with the replacement made."""
        return text[: self.column] + self.new + text[self.column + len(self.old) :]


def undo_pattern(edit: Edit, mutated: str) -> tuple[str, str] | None:
    """Return the shortest ``(old, new)`` text whose first occurrence in the mutated line is the edit.

    Context grows to the left, then to the right, a token at a time. None where the line gives none.
    """
    start, end = edit.column, edit.column + len(edit.new)
    while not mutated[start:end] or mutated.find(mutated[start:end]) != start:
        left = [m.start() for m in _WORDS.finditer(mutated) if m.start() < start]
        right = [m.end() for m in _WORDS.finditer(mutated) if m.end() > end]
        if left and mutated[start:end] and mutated[: left[-1]].strip():
            start = left[-1]
        elif right:
            end = right[0]
        else:
            return None
    before, after = (
        mutated[start : edit.column],
        mutated[edit.column + len(edit.new) : end],
    )
    return mutated[start:end], before + edit.old + after


def sed_command(line_number: int, old: str, new: str, path: str) -> str:
    """Render the substitution as a ``sed -i`` command (POSIX basic regular expressions)."""
    pattern = re.sub(r"([.\[\]*^$\\/])", r"\\\1", old)
    replacement = re.sub(r"([&\\/])", r"\\\1", new)
    return f"sed -i '{line_number}s/{pattern}/{replacement}/' {path}"

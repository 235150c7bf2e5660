"""Random one-token edits of source lines, and the ``sed`` command that undoes each of them.

The edits work on text, not on syntax trees: this module teaches a base model what a small repair looks
like, and is independent of the bugs that `instances.injection` puts into projects.
"""

import random
import re
from typing import NamedTuple

_SWAPS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=",),
    "!=": ("==",),
    "+": ("-",),
    "-": ("+",),
    "*": ("+", "//"),
    "//": ("/", "*"),
    "%": ("//", "*"),
    "+=": ("-=",),
    "-=": ("+=",),
    "and": ("or",),
    "or": ("and",),
    "is not": ("is",),
    "is": ("is not",),
    "not in": ("in",),
    "in": ("not in",),
    "True": ("False",),
    "False": ("True",),
    "None": ("0", "''"),
    "min": ("max",),
    "max": ("min",),
    "any": ("all",),
    "all": ("any",),
    "break": ("continue",),
    "continue": ("break",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "lower": ("upper",),
    "upper": ("lower",),
    "lstrip": ("rstrip",),
    "rstrip": ("lstrip",),
    "append": ("extend",),
    "not ": ("",),
    "if ": ("if not ",),
}
_TOKEN = re.compile(
    r"not in\b|is not\b|<=|>=|==|!=|\+=|-=|//"
    r"|(?<![-<>=!+*/:|&^%@])[<>](?![<>=])"
    r"|(?<=[\w\])] )[+\-*%](?= ?[\w(\['\"])"
    r"|\b(?:and|or|is|True|False|None|min|max|any|all|break|continue|startswith|endswith|lower|upper"
    r"|lstrip|rstrip|append)\b"
    r"|(?<!for )(?<!\w)in\b|\bnot (?!in\b)|(?<!el)(?<=\s)if (?!not )"
)
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?![\w.])")
_TWO_ARGUMENTS = re.compile(r"(?<=\()([a-z_]\w*), ([a-z_]\w*)(?=\))")
_LITERAL = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#.*)""")
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


def find_edits(lines: list[str], rng: random.Random) -> list[Edit]:
    """List the edits that the lines of a function admit; the ``def`` line only changes its defaults."""
    edits = []
    for number, line in enumerate(lines):
        code = _LITERAL.sub(lambda m: "\0" * len(m.group()), line)
        start = code.find("=") if number == 0 else 0
        if start < 0 or re.match(r"\s*(from|import|@|for )", code):
            continue
        for match in _TOKEN.finditer(code, start):
            if match.group() == "in" and " for " in code:
                continue
            edits += [
                Edit(number, match.start(), match.group(), new) for new in _SWAPS[match.group()]
            ]
        for match in _NUMBER.finditer(code, start):
            value = int(match.group())
            new = str(value + 1) if value == 0 or rng.random() < 0.5 else str(value - 1)
            edits.append(Edit(number, match.start(), match.group(), new))
        if number:
            edits += [
                Edit(number, m.start(), m.group(), f"{m.group(2)}, {m.group(1)}")
                for m in _TWO_ARGUMENTS.finditer(code)
                if m.group(1) != m.group(2)
            ]
    return edits


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

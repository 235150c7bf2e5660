"""Random one-token edits of source lines.

The edits work on text, not on syntax trees: this module teaches a base model what a small repair looks
like, and is independent of the bugs that `instances.injection` puts into projects.
"""

import random
import re

from repodojo.base_model.substitution import Edit

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
    "None": ("0", "False"),
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
            edits += [Edit(number, match.start(), match.group(), new) for new in _SWAPS[match.group()]]
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

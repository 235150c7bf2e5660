"""Edits of one line that could undo a small mistake, found in its text.

What they cannot do: bring back a statement that is gone, change a string, or swap branches.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Change(NamedTuple):
    """A replacement of the text between two columns of a line."""

    kind: str
    start: int
    end: int
    new: str
    rank: int = 0
    """How many likelier changes there are for the same text."""


_ORDER = {"<": ("<=", ">=", ">"), "<=": ("<", ">", ">="), ">": (">=", "<=", "<"), ">=": (">", "<", "<=")}
_EQUALITY = {"==": ("!=",), "!=": ("==",)}
_ARITHMETIC = {
    "+": ("-", "*"),
    "-": ("+",),
    "*": ("/", "+", "//", "%", "**"),
    "/": ("*", "//"),
    "//": ("/", "%", "*"),
    "%": ("//", "*"),
    "**": ("*",),
}
_AUGMENTED = {
    "+=": ("-=",),
    "-=": ("+=",),
    "*=": ("/=", "+="),
    "/=": ("*=",),
    "//=": ("*=",),
    "|=": ("&=",),
    "&=": ("|=",),
}
_BITS = {"&": ("|",), "|": ("&",), "<<": (">>",), ">>": ("<<",)}
_PAIRS = (
    ("min", "max"),
    ("any", "all"),
    ("startswith", "endswith"),
    ("lower", "upper"),
    ("islower", "isupper"),
    ("lstrip", "rstrip"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("split", "rsplit"),
    ("partition", "rpartition"),
    ("ljust", "rjust"),
    ("floor", "ceil"),
)
_TWINS = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])} | {"break": "continue", "continue": "break"}
_OPENERS = frozenset(
    {"return", "and", "or", "not", "in", "is", "if", "elif", "else", "while", "yield", "assert", "for"}
)

_ORDER_AT = re.compile(r"(?<![-<>=!])(<=|>=|<|>)(?![<>=])")
_EQUALITY_AT = re.compile(r"==|!=")
_ARITHMETIC_AT = re.compile(r"(?<=[\w\])\0])( ?)(\*\*|//|[-+*/%])(?= ?[\w(\[{\0'\"-])(?!=)")
_AUGMENTED_AT = re.compile(r"(?<=[\w\]] )(//=|[-+*/|&]=)")
_BITS_AT = re.compile(r"(?<=[\w\])\0] )(<<|>>|[&|])(?= [\w(\[\0])")
_BOOLEAN_AT = re.compile(r"\b(?:and|or)\b")
_MEMBER_AT = re.compile(r"\b(?:not in|in|is not|is)\b")
_CONSTANT_AT = re.compile(r"\b(?:True|False)\b")
_NUMBER_AT = re.compile(r"(?<![\w.])(-?)(\d{1,4})(?![\w.])")
_WORD_AT = re.compile(r"\b(" + "|".join(_TWINS) + r")\b")
_NOT_AT = re.compile(r"\bnot (?!in\b)")
_CONDITION_AT = re.compile(r"\b(?:if|elif|while|and|or|return|assert) (?!not\b)(?=[A-Za-z_(])")
_SLICE_AT = re.compile(r"\[([^\[\]:,\0 ]+):\]|\[:([^\[\]:,\0 ]+)\]")
_DEFAULT_AT = re.compile(r"(?<==)\s*[\w.-]+|(?<== )\s*[\w.-]+")
_STEP_AT = re.compile(r"(?<=[\w\])]) [-+] 1\b(?!\.)")
_COUNT_AT = re.compile(
    r"\blen\([\w.]+\)(?! [-+])|(?<=range\()\w+(?=\))|(?<=\[:)[a-z_]\w*(?=\])|(?<=\[)[a-z_]\w*(?=:\])"
)
_ARGUMENT = r"(?:[A-Za-z_][\w.]*(?:\[[\w-]+\]|\(\w*\))?|-?\d+|[rfb]?\0+)"
_SWAP_AT = re.compile(rf"(?<=[(,])( ?)({_ARGUMENT}), ({_ARGUMENT})(?=[,)])")


def find_changes(code: str, text: str) -> Iterator[Change]:
    """Yield the changes of a line, whose strings and comments are blotted out in ``code``."""
    stripped = code.lstrip()
    if not stripped.strip("\0") or stripped.startswith(
        ("from ", "import ", "@", "class ", "global ", "def ", "async def ")
    ):
        return
    yield from _table(code, _ORDER_AT, _ORDER, "order")
    yield from _table(code, _EQUALITY_AT, _EQUALITY, "equality")
    yield from _table(code, _AUGMENTED_AT, _AUGMENTED, "augmented")
    yield from _table(code, _BITS_AT, _BITS, "bits")
    yield from _arithmetic(code)
    yield from _words(code)
    yield from _numbers(code)
    yield from _negations(code)
    yield from _slices(code)
    yield from _steps(code)
    yield from _swaps(code, text)


def find_default_changes(code: str, text: str) -> Iterator[Change]:
    """Yield the changes of the defaults in a line of a definition's header."""
    for match in _DEFAULT_AT.finditer(code):
        value = " " * match.start() + match[0]
        for change in (*_numbers(value), *_constants(value)):
            yield change._replace(kind="default")


def _table(
    code: str, pattern: re.Pattern[str], table: Mapping[str, tuple[str, ...]], kind: str
) -> Iterator[Change]:
    for match in pattern.finditer(code):
        for rank, new in enumerate(table[match[0]]):
            yield Change(kind, match.start(), match.end(), new, rank)


def _arithmetic(code: str) -> Iterator[Change]:
    for match in _ARITHMETIC_AT.finditer(code):
        before = re.search(r"(\w+)$", code[: match.start()])
        if before and before[1] in _OPENERS:
            continue
        formats = 3 if code[: match.start()].endswith("\0") else 0
        for rank, new in enumerate(_ARITHMETIC[match[2]], formats):
            yield Change("arithmetic", match.start(2), match.end(2), new, rank)


def _constants(code: str) -> Iterator[Change]:
    for match in _CONSTANT_AT.finditer(code):
        yield Change("constant", match.start(), match.end(), "False" if match[0] == "True" else "True")


def _words(code: str) -> Iterator[Change]:
    yield from _constants(code)
    for match in _BOOLEAN_AT.finditer(code):
        yield Change("boolean", match.start(), match.end(), "or" if match[0] == "and" else "and")
    for match in _MEMBER_AT.finditer(code):
        loops = re.search(r"\bfor [^=]*$", code[: match.start()])
        if match[0] == "in" and loops and " in " not in loops[0]:
            continue
        new = {"in": "not in", "not in": "in", "is": "is not", "is not": "is"}[match[0]]
        yield Change("member", match.start(), match.end(), new)
    for match in _WORD_AT.finditer(code):
        is_jump = match[0] in ("break", "continue")
        if is_jump or code[match.end() : match.end() + 1] in ("(", ",", ")"):
            yield Change("jump" if is_jump else "twin", match.start(), match.end(), _TWINS[match[0]])


def _numbers(code: str) -> Iterator[Change]:
    for match in _NUMBER_AT.finditer(code):
        value, start = int(match[2]), match.start(2)
        unary = match[1] and not re.search(r"[\w\])\0] ?$", code[: match.start()])
        if not unary or re.search(rf"\b(?:{'|'.join(_OPENERS)}) $", code[: match.start()]):
            news = [str(value + 1)] + ([str(value - 1)] if value else [])
        else:
            start, news = match.start(), [str(1 - value), str(-1 - value), match[2]]
        if code[start - 1 : start] == "[" and code[match.end() : match.end() + 1] == "]" and not value:
            news.append("-1")
        for rank, new in enumerate(dict.fromkeys(news)):
            yield Change("number", start, match.end(), new, rank // 2)


def _negations(code: str) -> Iterator[Change]:
    for match in _NOT_AT.finditer(code):
        yield Change("not_removed", match.start(), match.end(), "")
    for match in _CONDITION_AT.finditer(code):
        operand = re.split(r" (?:and|or|else|for) |:(?: |$)|$", code[match.end() :], maxsplit=1)[0]
        if not re.search(r"[<>=!]=?|\b(?:in|is)\b", re.sub(r"\([^()]*\)", "", operand)):
            kind = "not_returned" if match[0] == "return " else "not_added"
            yield Change(kind, match.end(), match.end(), "not ")


def _slices(code: str) -> Iterator[Change]:
    for match in _SLICE_AT.finditer(code):
        new = f"[:{match[1]}]" if match[1] else f"[{match[2]}:]"
        yield Change("slice", match.start(), match.end(), new)


def _steps(code: str) -> Iterator[Change]:
    for match in _STEP_AT.finditer(code):
        yield Change("step_removed", match.start(), match.end(), "")
    for match in _COUNT_AT.finditer(code):
        yield Change("step_added", match.end(), match.end(), " - 1")
        yield Change("step_added", match.end(), match.end(), " + 1", rank=1)


def _swaps(code: str, text: str) -> Iterator[Change]:
    at = 0
    while match := _SWAP_AT.search(code, at):
        at = match.start(3) - 1
        first, second = text[slice(*match.span(2))], text[slice(*match.span(3))]
        if first != second:
            yield Change("swap", match.start(2), match.end(3), f"{second}, {first}")

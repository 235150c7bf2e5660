"""Code that an agent looked at, read from what its commands printed: numbered lines of a file.

A command that names one Python file and prints lines as ``grep -n`` or ``cat -n`` do gives a span of it. One
that names none is about the first file that it lists and that is no test, else about the file before. A shell
variable set to a path stands for it from there on.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from repodojo.types import Message

_NUMBERED = re.compile(r"^ *(\d+)(?:[:\t-])(.*)$")
_PATH = re.compile(r"(?:\./)?((?:[\w.-]+/)*[\w-]+\.py)\b")
_TEST = re.compile(r"(?:^|/)test")
_VARIABLE = re.compile(r"\b(\w+)=(?:\./)?((?:[\w.-]+/)*[\w-]+\.py)\b")


class Span(NamedTuple):
    """Consecutive lines of a file."""

    file: str
    span_id: str
    """``first-last``, the numbers of its lines."""
    text: str
    """Lines as ``(0001) code``."""


def viewed_spans(messages: Sequence[Message]) -> list[Span]:
    """Return every span that the agent saw, by file and line; lines seen twice stand once, as last seen."""
    seen: dict[str, dict[int, str]] = {}
    variables: dict[str, str] = {}
    file: str | None = None
    for asked, shown in pairwise(messages):
        if asked.role != "assistant" or shown.role != "user":
            continue
        variables |= dict(_VARIABLE.findall(asked.content))
        file = _file(asked, variables, _listed(shown) or file)
        if file:
            seen.setdefault(file, {}).update(_numbered(shown.content.splitlines()))
    return [span for file in sorted(seen) for span in _spans(file, seen[file])]


def _file(message: Message, variables: dict[str, str], before: str | None) -> str | None:
    """Return the one file that a command is about, the one before where it names none; None for several."""
    text = re.sub(r"\$\{?(\w+)\}?", lambda m: variables.get(m[1], m[0]), message.content)
    paths = {path for path in _PATH.findall(text) if not path.startswith(("tmp/", "/tmp"))}  # noqa: S108
    paths = {path for path in paths if f"/tmp/{path}" not in text}  # noqa: S108
    if not paths:
        return before
    return paths.pop() if len(paths) == 1 else None


def _listed(message: Message) -> str | None:
    """Return the first path that stands on a line of its own and is no test's."""
    paths = (match[1] for line in message.content.splitlines() if (match := _PATH.fullmatch(line)))
    return next((path for path in paths if not _TEST.search(path)), None)


def _numbered(lines: Iterable[str]) -> dict[int, str]:
    found = (_NUMBERED.match(line) for line in lines)
    return {int(match[1]): match[2] for match in found if match}


def _spans(file: str, lines: dict[int, str]) -> list[Span]:
    runs: list[list[int]] = []
    for number in sorted(lines):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [Span(file, f"{run[0]}-{run[-1]}", "\n".join(f"({n:04}) {lines[n]}" for n in run)) for run in runs]

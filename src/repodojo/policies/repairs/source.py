"""Read source text out of numbered listings, and tell code from strings and comments."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_ROW = re.compile(r"^(\d+):(.*)$", re.MULTILINE)
_LITERAL = re.compile(
    r"""\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)"""
    r"""|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\#[^\n]*""",
    re.DOTALL,
)
_TRIPLE = re.compile(r"\"{3}|'{3}")
_DEFINITION = re.compile(r"\s*(?:async )?(def|class) (\w+)")
_CALLED = re.compile(r"(?<![\w.])(?:(super\(\)|[a-z_]\w*)\.)?([A-Za-z_]\w*)\(")


@dataclass
class Listing:
    """The lines of one file that have been seen, by number."""

    path: str
    lines: dict[int, str] = field(default_factory=dict)
    end: int | None = None
    """The file's last line, once it has been seen."""

    def learn(self, output: str, rows_asked: int) -> int | None:
        """Add the rows ``12:text`` of a listing, and return the first one's number.

        What it leaves out between two rows counts as blank. A last part of fewer than ``rows_asked`` rows
        ends at the end of the file.
        """
        first = None
        for part in re.split(r"^--$", output, flags=re.MULTILINE):
            rows = {int(match[1]): match[2] for match in _ROW.finditer(part)}
            cut = "left out" in part
            hidden = range(min(rows), max(rows)) if rows and not cut else ()
            self.lines = dict.fromkeys(hidden, "") | self.lines | rows
            first = first or min(rows, default=None)
        if rows and not cut and len(rows) < rows_asked:
            self.end = max(rows)
        return first

    def runs(self) -> list[list[int]]:
        """Return the numbers of adjacent lines, run by run."""
        found: list[list[int]] = []
        for number in sorted(self.lines):
            if found and found[-1][-1] == number - 1:
                found[-1].append(number)
            else:
                found.append([number])
        return found

    def code(self) -> dict[int, str]:
        """Return the lines with what is inside strings and comments blotted out (each character a NUL)."""
        result: dict[int, str] = {}
        for run in self.runs():
            result |= zip(run, blot([self.lines[number] for number in run]), strict=True)
        return result


@dataclass(frozen=True)
class Function:
    """The seen lines of one definition."""

    name: str
    path: str
    numbers: tuple[int, ...]
    complete: bool
    """Whether its end has been seen."""
    is_class: bool = False


def blot(lines: list[str]) -> list[str]:
    """Blot out strings and comments of adjacent lines, which may start inside a docstring."""
    inside = _open_quote(lines)
    blotted = _LITERAL.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), inside + "\n".join(lines))
    return blotted[len(inside) :].split("\n")


def _open_quote(lines: list[str]) -> str:
    """Return the triple quote that the lines start inside of: their first one closes a docstring."""
    if _DEFINITION.match(lines[0]):
        return ""
    before = ""
    for line in lines:
        if match := _TRIPLE.search(line):
            opens = before.endswith(":") or re.match(
                r"\s*r?(\"{3}|'{3}).|.*[=(,\[] *[rfb]*(\"{3}|'{3})", line
            )
            return "" if opens else match[0]
        before = line.rstrip() or before
    return ""


def find_functions(listing: Listing, code: dict[int, str]) -> list[Function]:
    """Find the definitions in a listing, each with the lines up to the next line that is not inside it."""
    found = []
    for run in listing.runs():
        starts = [(n, match) for n in run if (match := _DEFINITION.match(code[n]))]
        for start, match in starts:
            body = tuple(_body(run, start, code))
            ends = body[-1] != run[-1]
            found.append(Function(match[2], listing.path, body, ends, is_class=match[1] == "class"))
    return found


def _body(run: list[int], start: int, code: dict[int, str]) -> list[int]:
    indent = len(code[start]) - len(code[start].lstrip())
    body, depth = [start], opened(code[start])
    for number in run[run.index(start) + 1 :]:
        text = code[number].rstrip()
        inside = not text.strip("\0 ") or len(text) - len(text.lstrip()) > indent or depth > 0
        if not inside:
            break
        depth += opened(text)
        body.append(number)
    return body


def following_statements(numbers: Sequence[int], code: dict[int, str]) -> dict[int, int]:
    """Return, for each line, the first line of the statement after the one that it belongs to."""
    starts, depth = [], 0
    for number in numbers:
        if depth <= 0 and code[number].strip("\0 "):
            starts.append(number)
        depth = max(depth, 0) + opened(code[number])
    return {number: after for start, after in pairwise(starts) for number in range(start, after)}


def opened(code: str) -> int:
    """Count the brackets that a line opens and does not close."""
    return sum(code.count(bracket) for bracket in "([{") - sum(code.count(bracket) for bracket in ")]}")


def called_names(function: Function, code: dict[int, str]) -> list[str]:
    """List the functions that a function calls, in order."""
    own = {function.name, *re.findall(r"\w+", code[function.numbers[0]])}
    calls = [call for number in function.numbers[1:] for call in _CALLED.findall(code[number])]
    names = (name for owner, name in calls if owner not in sys.stdlib_module_names)
    return list(dict.fromkeys(name for name in names if name not in own))

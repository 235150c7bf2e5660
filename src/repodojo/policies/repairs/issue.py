"""Read an issue: a snippet to run, what it prints, and what it should print."""

import ast
import re
import sys
from collections.abc import Sized
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from repodojo.policies.repairs.names import names_in

_FENCED = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_SUBJECT = re.compile(r"`([A-Za-z_][A-Za-z0-9_.]*)`")
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Iteration)\b(?::|$)")


@dataclass(frozen=True)
class Issue:
    """What an issue says."""

    prose: str
    snippet: str
    actual: str
    expected: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The project's functions and classes that the snippet uses, the likeliest place of a bug first."""
        return names_in(self.snippet)

    @property
    def subject(self) -> str:
        """How the definition begins of what the prose names first in backquotes; empty without one."""
        found = _SUBJECT.search(self.prose)
        name = found[1].rsplit(".", 1)[-1] if found else ""
        return definition_text(name) if name else ""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the snippet imports from outside the standard library."""
        found = re.findall(r"^\s*(?:from|import)\s+([\w.]+)", self.snippet, re.MULTILINE)
        return tuple(m for m in found if m.split(".")[0] not in sys.stdlib_module_names)

    @cached_property
    def difference(self) -> str:
        """What kind of difference the issue shows; empty where it is none of those told apart."""
        if is_exception(self.actual) != is_exception(self.expected):
            return "raised"
        try:
            return _difference(ast.literal_eval(self.actual), ast.literal_eval(self.expected))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return ""


@lru_cache(maxsize=256)
def parse_issue(text: str) -> Issue | None:
    """Read an issue by its structure: code, then what it prints, then what it should print."""
    blocks = [(kind, body.rstrip("\n")) for kind, body in _FENCED.findall(text) if kind not in ("bash", "sh")]
    codes = [at for at, (kind, _) in enumerate(blocks) if kind in ("python", "py")] or [0]
    outputs = [body for _, body in blocks[codes[0] + 1 :]]
    if not outputs:
        return None
    return Issue(
        prose=text.split("```", 1)[0].strip(),
        snippet=blocks[codes[0]][1],
        actual=outputs[0] if len(outputs) > 1 else "",
        expected=outputs[-1] if len(outputs) == 1 else outputs[1],
    )


def definition_text(name: str, other: bool = False) -> str:
    """Return how a definition begins: a class's where the name looks like one; with ``other``, not."""
    is_class = name.lstrip("_")[:1].isupper() != other
    return f"class {name}" if is_class else f"def {name}("


def is_exception(text: str) -> bool:
    """Tell whether an output is the last line of a traceback."""
    return "\n" not in text.strip() and bool(_EXCEPTION.match(text.strip()))


def shows(output: str, expected: str) -> bool:
    """Tell whether a run of the snippet gave the expected output, or ended with the expected exception."""
    output, expected = output.strip(), expected.strip()
    if output == expected:
        return True
    return is_exception(expected) and output.split("\n")[-1].strip() == expected


def _difference(actual: object, expected: object) -> str:
    numbers = (bool, int, float)
    if isinstance(actual, numbers) and isinstance(expected, numbers):
        return "bool" if isinstance(expected, bool) else "number"
    if isinstance(actual, str) and isinstance(expected, str):
        return _text_difference(actual, expected)
    lists = isinstance(actual, list | tuple) and isinstance(expected, list | tuple)
    if lists and sorted(map(repr, actual)) == sorted(map(repr, expected)):  # type: ignore[call-overload]
        return "sorting"
    sized = isinstance(actual, Sized) and isinstance(expected, Sized) and len(actual) != len(expected)
    return "size" if sized else ""


def _text_difference(actual: str, expected: str) -> str:
    if actual.lower() == expected.lower():
        return "case"
    if actual and expected.endswith(actual):
        return "tail"
    return "text" if SequenceMatcher(None, actual, expected).ratio() > 0.6 else ""

"""The base model's training text: the standard library's functions with a random edit to undo.

Every document draws its own path, line offset, numbering and layout, so that a model can only succeed by
copying from its context. Three smaller kinds of document teach copying, looking up and comparing. Nothing
here has the form of an agent's conversation: that form is what fine-tuning teaches.
"""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from repodojo.base_model.draws import NO_SHARES, Draws, Shares
from repodojo.base_model.edits import find_edits
from repodojo.base_model.functions import Function
from repodojo.base_model.substitution import sed_command, undo_pattern

_WITHOUT_DOCSTRING = 0.7
_CALLED_SHARE = 0.3


class Document(NamedTuple):
    """A prompt and its completion."""

    prompt: str
    completion: str
    taught: bool = True
    """Whether the completion is one to learn; the wrong tries of a session are only context."""


class Bug(NamedTuple):
    """A function with one edit in it, and what it takes to undo it."""

    name: str
    symptom: tuple[str, str, str]
    """The report, what the call gave, and what it should give."""
    shown: dict[int, str]
    """The lines shown by their offsets; a docstring may be left out."""
    first: int
    """Number of the first line."""
    line: int
    undo: tuple[str, str]
    """The text to replace in the line, and what to put there."""
    tries: list[tuple[int, tuple[str, str]]]
    """Other lines, each with a text to replace in it and what to put there, in vain."""


class Writer(Draws):
    """Writes documents from functions."""

    def __init__(
        self, functions: list[Function], rng: random.Random, max_characters: int, shares: Shares = NO_SHARES
    ) -> None:
        """Bind what is drawn from, the bound in characters, and how often which way."""
        super().__init__(functions, rng, shares)
        self.max_characters = max_characters

    def document(self) -> Document:
        """Write one document of a random kind."""
        kinds = [(self.repair, 60), (self.copy, 15), (self.lookup, 18), (self.compare, 7)]
        while True:
            kind = self.rng.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
            document = kind()
            if document and self.fits(document):
                return document

    def fits(self, document: Document) -> bool:
        """Tell whether a document is within the bound."""
        return len(document.prompt) + len(document.completion) <= self.max_characters

    def bug(self) -> Bug | None:
        """Draw a function, one edit in it, and other edits that do not help; None where it admits none."""
        rng = self.rng
        function = self.function()
        lines = list(function.lines[: function.length])
        edits = [e for e in find_edits(lines, rng) if e.line not in function.text_lines]
        if not edits:
            return None
        by_line = rng.choice(sorted({e.line for e in edits}))
        edit = rng.choice([e for e in edits if e.line == by_line])
        length = max(function.length, rng.choice([0, 0, 0, 16, 26, 41]))
        hidden = function.docstring if rng.random() < _WITHOUT_DOCSTRING else ()
        shown = {n: text for n, text in enumerate(function.lines[:length]) if n not in hidden}
        shown[edit.line] = edit.apply(lines[edit.line])
        undo = undo_pattern(edit, shown[edit.line])
        if not undo:
            return None
        tries = []
        for other in rng.sample(edits, min(len(edits), 4)):
            wrong = undo_pattern(other._replace(old=other.new, new=other.old), lines[other.line])
            if wrong and other.line != edit.line:
                tries.append((other.line, wrong))
        first = int(10 ** rng.uniform(0, 3.1))
        return Bug(function.name, self.symptom(function.name), shown, first, edit.line, undo, tries)

    def repair(self) -> Document | None:
        """A function with one edit, and the command that undoes it."""
        rng = self.rng
        bug = self.bug()
        if not bug:
            return None
        path = self.path()
        say = self.way_to_say(bug, path)
        text, got, _ = bug.symptom
        code = f"{path}\n{self.numbered(bug.shown, bug.first)}"
        parts = [text, code] if rng.random() < 0.8 else [code, text]
        for line, wrong in bug.tries[: rng.choice([0, 0, 0, 1, 2, 3])]:
            parts.append(f"tried {say(line, wrong)}\nstill {got}")
        head = rng.choice(["# repair", "Bug report", "ticket", "Fix this function.", ""])
        tail = rng.choice(["fix:", "$", ">>", "change:", "patch with"])
        return Document("\n".join([p for p in [head, *parts] if p]) + f"\n{tail}\n", say(bug.line, bug.undo))

    def way_to_say(self, bug: Bug, path: str) -> Callable[[int, tuple[str, str]], str]:
        """Choose how edits of a bug's lines are said: as a sed command, or as the line before and after."""
        if self.happens(self.shares.rewrites):
            return lambda line, undo: f"{bug.shown[line]}\n{bug.shown[line].replace(*undo, 1)}"
        return lambda line, undo: sed_command(bug.first + line, *undo, path)

    def called(self, name: str, text: str) -> Document:
        """The name of the function that a symptom is about."""
        form = self.rng.choice(["def {}(", "{}", "the definition of {}", "{}()"])
        return Document(f"{text}\nwhat is called?", form.format(name))

    def copy(self) -> Document:
        """A passage, other text, and the passage again."""
        rng = self.rng
        function = self.function()
        start = rng.randrange(max(1, function.length - 2))
        passage = "\n".join(function.lines[start : start + rng.randrange(1, 6)])
        if rng.random() < 0.5:
            passage = self.symptom(function.name)[0]
        other = self.function()
        filler = rng.choice(
            [self.path(), self.symptom(other.name)[0], "\n".join(other.lines[: other.length])]
        )
        opening, closing = rng.choice(
            [("```", "```"), ("<text>", "</text>"), ("<<EOF", "EOF"), ('"""', '"""')]
        )
        return Document(f"{opening}\n{passage}\n{closing}\n{filler}\n{opening}\n", f"{passage}\n{closing}")

    def lookup(self) -> Document:
        """A listing of definitions, and the place of one of them; or a symptom, and the name in it."""
        rng = self.rng
        if rng.random() < _CALLED_SHARE:
            name = self.function().name
            return self.called(name, self.symptom(name)[0])
        rows = [
            (self.path(), int(10 ** rng.uniform(0, 3)), self.function().name)
            for _ in range(rng.randrange(1, 6))
        ]
        path, line, name = rng.choice(rows)
        listing = "\n".join(f"{p}:{n}:def {f}(" for p, n, f in rows)
        if rng.random() < 0.5:
            return Document(f"{listing}\nwhere is {name}?\n", path)
        return Document(f"{listing}\nwhere is {name}?\n", f"{path} line {line}")

    def compare(self) -> Document:
        """Two values, and whether they are the same."""
        rng = self.rng
        text, got, want = self.symptom(self.function().name)
        value = rng.choice([want, want, got, self.changed(want)])
        filler = f"{self.path()}\n" if rng.random() < 0.5 else ""
        return Document(
            f"{text}\n{filler}now it prints {value}\nas expected?\n", "YES" if value == want else "NO"
        )


def write_documents(
    functions: list[Function], count: int, seed: int, max_characters: int
) -> Iterator[Document]:
    """Write ``count`` documents."""
    writer = Writer(functions, random.Random(seed), max_characters)
    for _ in range(count):
        yield writer.document()

"""Random paths, literals, symptoms and listings: what a model must copy from its context, not know."""

import random
import re
from collections.abc import Mapping
from typing import NamedTuple

from repodojo.base_model.functions import Function


class Shares(NamedTuple):
    """How often a draw takes a turn of its own; see the fields of the same names of a recipe's stage."""

    made_up: float = 0.0
    rewrites: float = 0.0
    dressed: float = 0.0


NO_SHARES = Shares()


class Draws:
    """Draws parts of documents with one random generator."""

    def __init__(self, functions: list[Function], rng: random.Random, shares: Shares = NO_SHARES) -> None:
        """Bind what is drawn from, and how often which way."""
        self.functions = functions
        self.rng = rng
        self.shares = shares
        self.words: list[str] = sorted({w for f in functions for w in re.findall(r"[a-z]{3,9}", f.name)})

    def happens(self, share: float) -> bool:
        """Tell whether what has a share happens now; of none, nothing is drawn."""
        return share > 0 and self.rng.random() < share

    def path(self) -> str:
        """Draw a file path."""
        rng = self.rng
        parts = [self._word() for _ in range(rng.choice([1, 2, 2, 3]))]
        return rng.choice(["", "./", "./", "./src/"]) + "/".join(parts) + ".py"

    def function(self) -> Function:
        """Draw a function, now and then under a made-up name."""
        function = self.rng.choice(self.functions)
        if not self._makes_up() or function.name.startswith("__"):
            return function
        name = self._word()
        lines = tuple(re.sub(rf"\b{function.name}\b", name, line) for line in function.lines)
        return function._replace(name=name, lines=lines)

    def _makes_up(self) -> bool:
        return self.happens(self.shares.made_up)

    def _made_up(self) -> str:
        """Put the head of one word before the tail of another: several tokens, as names of a project are."""
        rng = self.rng
        head, tail = rng.choice(self.words), rng.choice(self.words)
        digit = str(rng.randrange(10)) if rng.random() < 0.1 else ""
        return head[: rng.randrange(1, 5)] + tail[rng.randrange(len(tail) - 1) :] + digit

    def _word(self) -> str:
        if self._makes_up():
            return "_".join(self._made_up() for _ in range(self.rng.choice([1, 1, 2])))
        word = self.rng.choice(self.words)
        return f"{word}_{self.rng.choice(self.words)}" if self.rng.random() < 0.3 else word

    def literal(self, depth: int = 0) -> str:
        """Draw the text of a Python literal."""
        kinds = [self._number, self._constant, self._text, self._text]
        if depth < 2:
            kinds += [lambda: self._container(depth)] * 2
        return self.rng.choice(kinds)()

    def _number(self) -> str:
        rng = self.rng
        whole = rng.choice([rng.randrange(10), rng.randrange(1000), -rng.randrange(20)])
        return str(whole) if rng.random() < 0.7 else f"{rng.randrange(100)}.{rng.randrange(100)}"

    def _constant(self) -> str:
        return self.rng.choice(["True", "False", "None"])

    def _text(self) -> str:
        rng = self.rng
        text = rng.choice([" ", "-", "_", ", ", ""]).join(rng.choices(self.words, k=rng.randrange(1, 4)))
        return repr(rng.choice([text, text.title(), text.upper(), text[: rng.randrange(1, 4)]]))

    def _container(self, depth: int) -> str:
        items = [self.literal(depth + 1) for _ in range(self.rng.randrange(4))]
        kind = self.rng.choice("[({")
        if kind == "[":
            return "[" + ", ".join(items) + "]"
        if kind == "(":
            return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
        return "{" + ", ".join(f"{self.rng.choice(self.words)!r}: {item}" for item in items) + "}"

    def changed(self, literal: str) -> str:
        """Return a literal close to, and different from, the given one."""
        rng = self.rng
        for _ in range(8):
            at = rng.randrange(len(literal))
            new = (
                literal[:at]
                + rng.choice(["", rng.choice("abcdefxyz0123456789"), literal[at] * 2])
                + literal[at + 1 :]
            )
            if new.strip() and new != literal and rng.random() < 0.6:
                return new
        other = self.literal()
        return other if other != literal else other + "1"

    def symptom(self, name: str) -> tuple[str, str, str]:
        """Describe a failing call; also return what it gave and what it should give."""
        rng = self.rng
        args = ", ".join(self.literal(1) for _ in range(rng.choice([1, 1, 2, 2, 3])))
        want = self.literal()
        got = self.changed(want) if rng.random() < 0.7 else self.literal()
        if rng.random() < 0.15:
            got = rng.choice(["TypeError", "IndexError", "KeyError", "ValueError"]) + f": {self._word()}"
        call = f"{name}({args})"
        package = ".".join(self._word() for _ in range(rng.choice([1, 1, 2])))
        text = rng.choice(
            [
                f"{call} gives {got} instead of {want}",
                f">>> {call}\n{got}\nexpected {want}",
                f"from {package} import {name}\nprint(repr({call}))\nprints {got}, should print {want}",
                f"import {package}\n{package}.{call}\nActual: {got}\nExpected: {want}",
            ]
        )
        return text, got, want

    def numbered(self, lines: Mapping[int, str], first: int) -> str:
        """Number the lines, given by their offsets, in one of the layouts that listing tools use."""
        layout = self.rng.choice(
            ["{n}:{t}", "{n}\t{t}", "{n:6}\t{t}", "{n} {t}", "{n:4}| {t}", "grep", "grep", "grep"]
        )
        rows = []
        for offset, text in lines.items():
            style = ("{n}:{t}" if offset == 0 else "{n}-{t}") if layout == "grep" else layout
            rows.append(style.format(n=first + offset, t=text))
        return "\n".join(rows)

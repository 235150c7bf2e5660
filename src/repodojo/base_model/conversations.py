"""Conversations of the base model's training text: a bug worked on step by step, and edits one after another.

Their answers are wrapped in ways drawn at random; none is that of an agent's tools.
"""

from repodojo.base_model.corpus import Document, Writer
from repodojo.base_model.dress import draw_dress
from repodojo.base_model.edits import find_edits
from repodojo.base_model.substitution import Edit


class Conversations(Writer):
    """Writes conversations from functions."""

    def session(self) -> list[Document]:
        """A bug worked on step by step: its name, its place, tries in vain, the repair, the outcome."""
        rng = self.rng
        repair = None
        while repair is None:
            repair = self.bug()
        path, text, got, want = self.path(), *repair.symptom
        say = self.way_to_say(repair, path)
        steps = [
            self.called(repair.name, text),
            self._whereabouts(repair.name, path, got),
            Document(self.numbered(repair.shown, repair.first), ""),
        ]
        for line, wrong in repair.tries[: rng.choice([0, 0, 1, 1, 2, 3, 4])]:
            steps[-1] = Document(steps[-1].prompt, say(line, wrong), taught=False)
            steps.append(Document(rng.choice([got, got, f"still {got}", f"no: {self.changed(got)}"]), ""))
        steps[-1] = Document(steps[-1].prompt, say(repair.line, repair.undo))
        good = rng.random() < 0.7
        steps.append(Document(want if good else self.changed(want), "YES" if good else "NO"))
        if self.happens(self.shares.dressed):
            if rng.random() < 0.6:
                steps[1:3] = [steps[2]._replace(prompt=f"{got}\n{path}\n{steps[2].prompt}")]
            steps[0] = steps[0]._replace(prompt=text)
            steps = self._dressed(steps)
        return steps

    def _dressed(self, steps: list[Document]) -> list[Document]:
        """Wrap the answers in one way; now and then an exit code stands before an output."""
        rng = self.rng
        dress = draw_dress(rng, self._word)
        code = rng.choice(["", f"exit code {rng.choice([1, 1, 2])}\n", f"[{rng.choice([1, 1, 127])}] "])
        return [
            step._replace(
                prompt=code + step.prompt if 1 < n < len(steps) - 1 else step.prompt,
                completion=dress.wrap(step.completion, n == 0),
            )
            for n, step in enumerate(steps)
        ]

    def variants(self) -> list[Document]:
        """A function shown once, and different edits of its lines: all at once, or one an answer."""
        rng = self.rng
        edits: list[Edit] = []
        while not edits:
            function = self.function()
            lines = function.lines[: function.length]
            edits = [e for e in find_edits(list(lines), rng) if e.line not in function.text_lines]
        shown = {n: text for n, text in enumerate(lines) if n not in function.docstring}
        text, got, _ = self.symptom(function.name)
        first = Document(f"{text}\n{self.path()}\n{self.numbered(shown, int(10 ** rng.uniform(0, 3.1)))}", "")
        chosen = rng.sample(edits, min(len(edits), rng.randrange(2, 9)))
        changes = [f"{lines[e.line]}\n{e.apply(lines[e.line])}" for e in chosen]
        if rng.random() < 0.3:
            prompt = f"{first.prompt}\n{len(changes)} changes"
            turns = [Document(prompt, "\n".join(changes))]
        else:
            said = rng.choice([got, f"still {got}", "another", "no"])
            turns = [Document(said if n else first.prompt, change) for n, change in enumerate(changes)]
        return self._dressed(turns) if self.happens(self.shares.dressed) else turns

    def _whereabouts(self, name: str, path: str, text: str) -> Document:
        """Files that may hold a definition, among them the one that does."""
        rng = self.rng
        rows = [(self.path(), self.function().name) for _ in range(rng.randrange(4))]
        rows.insert(rng.randrange(len(rows) + 1), (path, name))
        listing = "\n".join(f"{p}:{int(10 ** rng.uniform(0, 3))}:def {f}(" for p, f in rows)
        parts = [text, listing] if rng.random() < 0.7 else [listing, text]
        return Document("\n".join([*parts, f"where is {name}?"]), path)

"""Reads hunks and changed lines of a git diff, split at line feeds only, as git does."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@.*\n?", re.MULTILINE)


class Hunk(NamedTuple):
    """One hunk of one file."""

    old: int
    """The first line of the old file that it shows."""
    new: int
    """Of the new file."""
    lines: tuple[str, ...]
    """With their marks and without their ends."""

    def old_places(self) -> set[int]:
        """Return the old file's lines that go, and those before which lines come."""
        return self._places(self.old, "-")

    def new_places(self) -> set[int]:
        """Return the new file's lines that come, and those before which lines went."""
        return self._places(self.new, "+")

    def _places(self, first: int, mark: str) -> set[int]:
        places, number = set[int](), first
        for line in self.lines:
            if line[:1] in ("+", "-"):
                places.add(number)
            number += line[:1] in (" ", mark)
        return places


def split_hunks(text: str) -> list[Hunk]:
    """Return the hunks of one file's part of a git diff."""
    starts = list(_HUNK.finditer(text))
    ends = [found.start() for found in starts[1:]] + [len(text)]
    return [
        Hunk(int(found[1]), int(found[2]), tuple(text[found.end() : end].removesuffix("\n").split("\n")))
        for found, end in zip(starts, ends, strict=False)
    ]


def changed_lines(patch: str) -> Iterator[str]:
    """Yield the lines that a git diff removes and adds, with their marks; no header is taken for one."""
    in_hunk = False
    for line in patch.split("\n"):
        in_hunk = line.startswith("@@") or (in_hunk and not line.startswith("diff --git "))
        if in_hunk and line[:1] in ("+", "-"):
            yield line

"""Make the change between two lines in a line of a file: run in a sandbox as ``replace_line.py FILE AT``.

Standard input has the line as it was and as it becomes. Without that very line in the file, the line most
like it takes the change, if what changes is there: models miscopy.
"""

# ruff: noqa: PLC0415, PTH123
# Imports stand where they are needed: most lines are there word for word, so few need them.

from __future__ import annotations

import sys

_PARTS = r"\w+|\s+|[^\w\s]"
_LEAST_LIKENESS = 0.6
_NEAR = 80
"""Lines from the shown definition on that are looked at first."""


def replace(lines: list[str], at: int, old: str, new: str) -> tuple[int, str]:
    """Find the place of ``old``, from the line number ``at`` on if it can be, and what stands there after.

    Raises:
        ValueError: no line is like ``old``, or the change cannot be made in it, or it changes nothing.
    """
    same = [n for n, line in enumerate(lines) if line == old]
    if same:
        place, changed = next((n for n in same if n + 1 >= at), same[0]), new
    else:
        place = _most_alike(lines, at, old)
        changed = rebase(old, new, lines[place])
    if changed == lines[place]:
        raise ValueError(f"nothing changes in: {old}")
    return place, changed


def _most_alike(lines: list[str], at: int, old: str) -> int:
    from difflib import get_close_matches

    near = range(at - 1, min(at - 1 + _NEAR, len(lines)))
    for places in (near, range(len(lines))):
        by_text = {lines[n].strip(): n for n in reversed(places)}
        alike = get_close_matches(old.strip(), list(by_text), 1, _LEAST_LIKENESS)
        if alike:
            return by_text[alike[0]]
    raise ValueError(f"no line is: {old}")


def rebase(old: str, new: str, actual: str) -> str:
    """Make the change from ``old`` to ``new`` in a line like ``old``.

    Raises:
        ValueError: a part that changes is not in the line.
    """
    import re
    from difflib import SequenceMatcher

    before, after, found = (re.findall(_PARTS, text) for text in (old, new, actual))
    kept = SequenceMatcher(None, before, found, autojunk=False).get_matching_blocks()
    places = {b.a + n: b.b + n for b in kept for n in range(b.size)}
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for tag, start, end, first, last in reversed(changes):
        if tag != "equal":
            at = _place_of(places, start, end)
            if at is None:
                raise ValueError(f"no line is: {old}")
            found[at : at + end - start] = after[first:last]
    return "".join(found)


def _place_of(places: dict[int, int], start: int, end: int) -> int | None:
    """Return where a part that changes stands in one piece, or, of an empty part, where its neighbours do."""
    if start < end:
        at = places.get(start)
        return (
            at if at is not None and all(places.get(n) == at + n - start for n in range(start, end)) else None
        )
    before, after = places.get(start - 1), places.get(start)
    if before is None or after is None:
        return after if before is None else before + 1
    return after if after == before + 1 else None


def main(path: str, at: str) -> None:
    """Make the change in a file; say so where the line is another than the one given."""
    with open(0, encoding="utf-8", errors="surrogateescape", newline="\n") as given:
        old, new = given.readline(), given.readline()
    if not new.endswith("\n"):
        sys.exit(f"{path}: expected two lines, the line as it was and as it becomes")
    old, new = old[:-1], new[:-1]
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            text = file.read()
        end = "\r\n" if "\r\n" in text else "\n"
        lines = text.split(end)
        place, changed = replace(lines, int(at), old, new)
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    if lines[place] != old:
        sys.stdout.buffer.write(f"{place + 1}:{changed}\n".encode("utf-8", "surrogateescape"))
    lines[place] = changed
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(end.join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])

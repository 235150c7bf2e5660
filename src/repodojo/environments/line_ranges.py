"""Sets of line numbers as short text: ``3-9,12``."""

from collections.abc import Iterable
from itertools import pairwise


def encode_lines(lines: Iterable[int]) -> str:
    """Write a set of lines; the empty set is the empty text."""
    ordered = sorted(set(lines))
    starts = ordered[:1] + [after for before, after in pairwise(ordered) if after != before + 1]
    ends = [before for before, after in pairwise(ordered) if after != before + 1] + ordered[-1:]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def decode_lines(text: str) -> set[int]:
    """Read what `encode_lines` wrote."""
    lines: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        lines.update(range(int(first), int(last or first) + 1))
    return lines

"""Near-duplicate trajectories of an instance, by MinHash of their actions (Broder 1997).

A trajectory is the set of its shingles: runs of words of its commands, in order. The share of equal entries
of two signatures estimates the Jaccard similarity of the sets, with a deviation of at most
1 / (2 sqrt(SIZE)). Only attempts at the same instance are compared, each with those kept before it.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from repodojo.curation.attempts import prefer_short
from repodojo.types import Trajectory

SIZE = 128
LENGTH = 3
_MALFORMED = "\0"
_WORD = re.compile(r"\w+|[^\w\s]")

Signatures = npt.NDArray[np.uint32]


def action_shingles(trajectory: Trajectory) -> frozenset[int]:
    """Return the shingles of a trajectory's commands; a malformed answer is a word of its own."""
    words: list[str] = []
    for turn in trajectory.turns:
        words += [*_WORD.findall(turn.command), "\n"] if turn.command is not None else [_MALFORMED]
    runs = {"\0".join(words[at : at + LENGTH]) for at in range(max(1, len(words) - LENGTH + 1))}
    return frozenset(_hash(run) for run in runs)


def sign(shingles: Sequence[frozenset[int]]) -> Signatures:
    """Return the MinHash signature of each set, a row of ``SIZE`` numbers."""
    generator = np.random.default_rng(0)
    factors, offsets = generator.integers(1 << 63, size=(2, SIZE), dtype=np.uint64)
    factors |= np.uint64(1)
    signatures = np.zeros((len(shingles), SIZE), dtype=np.uint32)
    for row, values in enumerate(shingles):
        hashes = np.fromiter(values, dtype=np.uint64, count=len(values))[:, None]
        # Multiply-shift: the high half of a product modulo 2**64 is as good as a drawn hash.
        signatures[row] = ((hashes * factors + offsets) >> np.uint64(32)).min(axis=0)
    return signatures


def find_near_duplicates(attempts: pd.DataFrame, signatures: Signatures, threshold: float) -> pd.DataFrame:
    """Return the attempts that are like a kept one of their instance, each with that one and how alike.

    The attempt with fewer model calls is kept, of equally long ones the earlier. ``signatures`` are by
    ``arrival``. The result has columns ``reason`` and ``detail``.
    """
    ranked = prefer_short(attempts)
    rows = signatures[ranked["arrival"].to_numpy()]
    index, names = ranked.index.to_numpy(), ranked["rollout_id"].to_numpy()
    codes = pd.factorize(ranked["instance_id"])[0]
    ends = np.flatnonzero(np.diff(codes, append=-1)) + 1
    found: dict[int, str] = {}
    for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=False):
        for place, kept, alike in _groups(rows[start:end], threshold):
            found[int(index[start + place])] = f"{alike:.2f} like {names[start + kept]}"
    return pd.DataFrame({"reason": "near_duplicate", "detail": found}, index=list(found), dtype=str)


def _groups(rows: Signatures, threshold: float) -> list[tuple[int, int, float]]:
    """Return (row, the kept row that it is like, similarity) of every row that goes."""
    if len(rows) < 2:
        return []
    kept, gone = [0], []
    for place in range(1, len(rows)):
        alike = (rows[kept] == rows[place]).mean(axis=1)
        best = int(alike.argmax())
        if alike[best] >= threshold:
            gone.append((place, kept[best], float(alike[best])))
        else:
            kept.append(place)
    return gone


def _hash(text: str) -> int:
    data = text.encode("utf-8", errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")

"""Reads from a clone what a commit reaches: the history that an instance's repository holds."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from repodojo.environments.history import History
from repodojo.errors import InputError
from repodojo.instances.sources.clone import Clone

_LIST = ("rev-list", "--objects", "--no-object-names", "--no-walk=unsorted", "--stdin")
_PACK = ("pack-objects", "-q", "--threads=1", "--delta-base-offset")
_SHA1 = 40
_DEPTHS = (1024, 128, 16, 1)
"""Generations that are kept of a history that is too large as a whole."""


def read_reachable(clone: Clone, revision: str, most_bytes: int) -> History:
    """Return a commit with what it reaches, cut to fewer generations where that takes more bytes.

    What the clone itself lacks, being shallow or partial, is left out as well. The commit's own files are
    never left out, however large.

    Raises:
        InputError: there is no such commit, an object of it is missing, or its hash is not a SHA-1.
    """
    commit = clone.text("rev-parse", "--verify", f"{revision}^{{commit}}")
    if len(commit) != _SHA1:
        raise InputError(f"{clone.root}: expected objects named by SHA-1, found {commit}; convert the clone")
    lines = clone.text("rev-list", "--parents", commit).splitlines()
    parents = {own: tuple(others) for own, *others in map(str.split, lines)}
    lacking = _cut_before(clone)
    for depth in (len(parents), *(depth for depth in _DEPTHS if depth < len(parents))):
        kept, cut = newest(commit, parents, depth)
        wanted = "\n".join(kept).encode()
        try:
            if depth > 1 and int(clone.run(*_LIST, "--disk-usage", text=wanted)) > most_bytes:
                continue
            pack, index = _pack(clone, clone.run(*_LIST, text=wanted))
        except InputError:
            if depth == 1:
                raise
            continue
        return History(commit, pack, index, tuple(sorted(cut | (lacking & kept.keys()))))
    raise AssertionError("a history of one generation is never too large")


def newest(
    commit: str, parents: Mapping[str, tuple[str, ...]], depth: int
) -> tuple[Mapping[str, None], frozenset[str]]:
    """Return the commits of the last generations, and those of them whose parents are not among these."""
    kept, generation = {commit: None}, [commit]
    for _ in range(depth - 1):
        older = dict.fromkeys(parent for child in generation for parent in parents[child])
        generation = [parent for parent in older if parent not in kept]
        kept.update(dict.fromkeys(generation))
    return kept, frozenset(child for child in generation if parents[child])


def _pack(clone: Clone, objects: bytes) -> tuple[bytes, bytes]:
    """Return a pack of some objects, and its index: to index a pack that is read costs thrice its making."""
    with tempfile.TemporaryDirectory() as folder:
        name = clone.run(*_PACK, f"{folder}/pack", text=objects).decode().strip()
        pack = Path(folder, f"pack-{name}.pack")
        return pack.read_bytes(), pack.with_suffix(".idx").read_bytes()


def _cut_before(clone: Clone) -> frozenset[str]:
    """Return the commits whose parents the clone itself lacks."""
    path = Path(clone.text("rev-parse", "--path-format=absolute", "--git-path", "shallow"))
    return frozenset(path.read_text().split() if path.is_file() else ())

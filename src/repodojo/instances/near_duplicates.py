"""Finds functions that two projects share, or that a project shares with the standard library.

A function is the sequence of its syntax tree's node types, operators, attribute names and constants, names of
variables blanked; its shingles are the runs of that sequence. Two functions are near-duplicates where the
Jaccard similarity of their shingles reaches a threshold (Broder 1997). Pure functions of text.
"""

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

SHINGLES_VERSION = 1
LENGTH = 8
SHORTEST = 40
"""Functions of fewer nodes say too little: every getter is like every other."""
THRESHOLD = 0.7
STANDARD_LIBRARY = "standard library"

Shingles = Mapping[tuple[str, str], frozenset[int]]
"""By module and function."""


@dataclass(frozen=True)
class NearDuplicate:
    """Two functions of different origin that are much the same."""

    project: str
    path: str
    function: str
    other_project: str
    other_path: str
    other_function: str
    similarity: float


@dataclass(frozen=True)
class Comparison:
    """What comparing a project with the others and the standard library found."""

    project: str
    functions: int
    """Functions long enough to compare."""
    others: int
    """Functions that they were compared with."""
    pairs: tuple[NearDuplicate, ...]


class _Where(NamedTuple):
    project: str
    path: str
    function: str


def shingle_functions(modules: Mapping[str, str]) -> dict[tuple[str, str], frozenset[int]]:
    """Return the shingles of each function that is long enough; modules that do not parse are passed over."""
    found: dict[tuple[str, str], frozenset[int]] = {}
    for path, text in sorted(modules.items()):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                tokens = list(_tokens(node))
                if len(tokens) >= SHORTEST:
                    found[path, node.name] = frozenset(
                        hash_tokens(tokens[start : start + LENGTH])
                        for start in range(len(tokens) - LENGTH + 1)
                    )
    return found


def hash_tokens(tokens: list[str]) -> int:
    """Hash a run of tokens, the same in every process."""
    return int.from_bytes(hashlib.blake2b("\0".join(tokens).encode(), digest_size=8).digest(), "big")


def compare_functions(
    project: str, own: Shingles, others: Mapping[str, Shingles], threshold: float = THRESHOLD
) -> Comparison:
    """Find the functions of a project that are near-duplicates of functions of the others."""
    index: dict[int, list[_Where]] = defaultdict(list)
    sizes: dict[_Where, int] = {}
    wanted = frozenset().union(*own.values()) if own else frozenset()
    for name, shingles in others.items():
        for (path, function), values in shingles.items():
            where = _Where(name, path, function)
            sizes[where] = len(values)
            for value in values & wanted:
                index[value].append(where)
    found = []
    for (path, function), values in sorted(own.items()):
        shared = Counter(where for value in values for where in index.get(value, ()))
        for where, count in shared.items():
            similarity = count / (len(values) + sizes[where] - count)
            if similarity >= threshold:
                found.append(NearDuplicate(project, path, function, *where, round(similarity, 3)))
    found.sort(key=lambda pair: (-pair.similarity, pair.path, pair.function, pair.other_path))
    return Comparison(project, len(own), len(sizes), tuple(found))


def _tokens(node: ast.AST) -> Iterator[str]:
    """Yield a tree in preorder, names of variables blanked, docstrings and annotations left out."""
    yield type(node).__name__
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Constant):
        yield repr(node.value)[:40]
    for name, value in ast.iter_fields(node):
        if name in ("ctx", "annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _tokens(child)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

"""An index of a repository's Python code: names exactly, snippets exactly, words by BM25 or by embeddings.

It is built from the files themselves, in memory. Tests are not in it.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatch
from typing import NamedTuple

from repodojo.scaffolds.moatless.embeddings import Embedder
from repodojo.scaffolds.moatless.spans import split_spans

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_SATURATION, _LENGTH_WEIGHT = 1.5, 0.75


class Place(NamedTuple):
    """A span of a file."""

    path: str
    span_id: str


class Query(NamedTuple):
    """What to look for; every part that is given narrows or adds, as `CodeIndex.search` says."""

    words: str = ""
    snippet: str = ""
    class_names: Collection[str] = ()
    function_names: Collection[str] = ()
    file_pattern: str = ""


def is_test(path: str) -> bool:
    """Tell whether a path is that of a test file."""
    return _TEST.search(path) is not None


def tokenise(text: str) -> list[str]:
    """Return the words of text and of the names in it, in small letters."""
    return [word.lower() for word in _WORD.findall(text)]


class CodeIndex:
    """The spans of a repository's files and the words in them; never changed once it is built."""

    def __init__(self, files: Mapping[str, str], embedder: Embedder | None = None) -> None:
        """Index files by path.

        Raises:
            PolicyError: the embedder failed.
        """
        self._texts: dict[Place, str] = {}
        for path, text in files.items():
            if is_test(path):
                continue
            lines = text.split("\n")
            for span in split_spans(text):
                self._texts[Place(path, span.span_id)] = "\n".join(lines[span.start - 1 : span.end])
        self._counts = {
            place: Counter(tokenise(f"{place.path} {text}")) for place, text in self._texts.items()
        }
        self._lengths = {place: counts.total() for place, counts in self._counts.items()}
        self._mean = sum(self._lengths.values()) / max(len(self._lengths), 1)
        self._spread = Counter(word for counts in self._counts.values() for word in counts)
        self._embedder = embedder
        self._rows = {place: row for row, place in enumerate(self._texts)}
        self._vectors = (
            embedder.embed([f"{p.path}\n{t}" for p, t in self._texts.items()]) if embedder else None
        )

    def search(self, query: Query, limit: int) -> list[Place]:
        """Return places by rank: exact names first, then exact snippets, then words.

        A file pattern restricts all of them; a class restricts functions to its methods.
        """
        among = [place for place in self._texts if _fits(place.path, query.file_pattern)]
        exact = [place for place in among if _is_named(place.span_id, query)]
        holding = [place for place in among if query.snippet and query.snippet.strip() in self._texts[place]]
        found = list(dict.fromkeys([*exact, *holding, *self._ranked(query.words, among)]))
        if not found and query.file_pattern and query.words == "":
            found = among
        return found[:limit]

    def _ranked(self, words: str, among: Iterable[Place]) -> list[Place]:
        if self._embedder is not None and self._vectors is not None and words.strip():
            likeness = self._vectors @ self._embedder.embed([words])[0]
            return sorted(among, key=lambda place: (-likeness[self._rows[place]], place))
        wanted = set(tokenise(words))
        scored = [(self._score(place, wanted), place) for place in among] if wanted else []
        return [place for score, place in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score > 0]

    def _score(self, place: Place, wanted: Iterable[str]) -> float:
        """Return the BM25 score (Robertson and Zaragoza, 2009)."""
        counts, total = self._counts[place], len(self._counts)
        norm = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * self._lengths[place] / self._mean)
        score = 0.0
        for word in wanted:
            if count := counts.get(word, 0):
                rarity = math.log(1 + (total - self._spread[word] + 0.5) / (self._spread[word] + 0.5))
                score += rarity * count * (_SATURATION + 1) / (count + norm)
        return score


def _fits(path: str, pattern: str) -> bool:
    return not pattern or any(fnmatch(each, pattern) for each in (path, f"/{path}", f"./{path}"))


def _is_named(span_id: str, query: Query) -> bool:
    owner, _, name = span_id.rpartition(".")
    if query.function_names:
        return name in query.function_names and (not query.class_names or owner in query.class_names)
    return span_id in query.class_names or owner in query.class_names


def merge(found: Sequence[Sequence[Place]], limit: int) -> list[Place]:
    """Put the results of several searches together, each with an equal share."""
    share = max(limit // max(len(found), 1), 1)
    return list(dict.fromkeys(place for places in found for place in places[:share]))

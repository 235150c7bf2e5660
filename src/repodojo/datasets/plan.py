"""What a node hands to a dataset: the work, and what decides its results. Nothing runs here."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def _nothing() -> None:
    """Stop nothing."""


def _unknown() -> None:
    """Know no latency."""


def _any(result: Any) -> bool:
    """Take any result."""
    return True


def _none_again(folder: Path, kept: Mapping[str, Any]) -> Collection[str]:
    """Ask for no kept result again."""
    return ()


@dataclass(frozen=True)
class Plan:
    """Work that a `ResumablePartitionedDataset` does: one thunk for each key, in the order of the mapping."""

    thunks: Mapping[str, Callable[[], Any]]
    """Each returns the record of its key; called at most once, on any thread."""
    fingerprint: Mapping[str, Any]
    """JSON-compatible; whatever could change a result and nothing else: no worker count, timeout or path."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """JSON-compatible; what decides the result of a key by itself. Where another run kept a result of the
    same key and part, it is taken from there; a key without a part is made by each fingerprint anew."""
    shareable: Callable[[Any], bool] = _any
    """Whether a result is good enough to be taken from another run; False where another try may be better."""
    stop: Callable[[], None] = _nothing
    """Called on Ctrl-C or SIGTERM: makes the thunks that run end soon (kills their sandboxes)."""
    give_up: Callable[[str, str], Any] | None = None
    """From a key and a reason to the record of a thunk that is given up; without it, that is an error."""
    latency: Callable[[], float | None] = _unknown
    """Mean seconds that the thunks waited for an answer, since it was last asked; None where unknown."""
    resume: Callable[[Path, Mapping[str, Any]], Collection[str]] = _none_again
    """Called before the thunks with the run's folder, where its own files begin with ``_``, and the results
    kept there; returns the keys of those that are owed again, complete or not."""


def digest(value: Any) -> str:
    """Return a short digest of a JSON-compatible value; mappings are the same in any order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Turn what JSON lacks into what it has."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a fingerprint holds JSON values only, found {type(value).__name__}: {str(value)[:80]}")

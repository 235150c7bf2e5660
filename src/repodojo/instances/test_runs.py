"""Test runs addressed by content: the same files and tests never run twice, whoever asks.

A run that ended at its timeout, or is not believed, is not kept.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from repodojo.environments.workshop import Workshop
from repodojo.errors import InputError
from repodojo.grading.test_run import TestRun
from repodojo.types import from_json, to_json
from repodojo.unfinished import write_text


class TestRunStore:
    """A folder of test runs; safe to use from many threads at once."""

    __test__ = False

    def __init__(self, root: Path, base: str) -> None:
        """Keep runs under ``root``, of sandboxes on a `Sandboxes.base`."""
        self._root = root
        self._base = base
        self._guard = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}

    @classmethod
    def of(cls, workshop: Workshop) -> Self:
        """Return the store beside a workshop's environments."""
        return cls(workshop.environments / "test_runs", workshop.base)

    def get(
        self,
        environment: str,
        files: Mapping[str, bytes],
        tests: Sequence[str],
        start: Callable[[], TestRun],
    ) -> TestRun:
        """Return the run kept for this content, or start it and keep it.

        Args:
            environment: digest of the environment.
            files: what differs from it.
            tests: what is run.
            start: runs the tests.
        """
        path = self._root / f"{_address(f'{environment} {self._base}', files, tests)}.json"
        with self._guard:
            lock = self._locks.setdefault(path, threading.Lock())
        with lock:
            kept = _read(path)
            if kept is not None:
                return kept
            run = start()
            if not run.trusted:
                return run
            run = replace(run, log="")
            write_text(path, json.dumps(to_json(run)))
            return run


def _read(path: Path) -> TestRun | None:
    """Read a run; None where it is missing or torn, and so owed again."""
    try:
        return from_json(TestRun, dict(json.loads(path.read_text(encoding="utf-8"))), str(path))
    except (FileNotFoundError, ValueError, TypeError, InputError):
        return None


def _address(environment: str, files: Mapping[str, bytes], tests: Sequence[str]) -> str:
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    parts = [environment, digests, sorted(tests)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

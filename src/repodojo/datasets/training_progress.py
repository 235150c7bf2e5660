"""The live bar of a training: its child says in its scratch folder how many steps it has, and logs each."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from repodojo.datasets.progress import progress
from repodojo.training.launch import METRICS_NAME, STEPS_NAME

LOOK_EVERY_S = 0.5


@contextmanager
def training_progress(label: str, scratch: Path, look_every_s: float = LOOK_EVERY_S) -> Iterator[None]:
    """Show how far a training of this folder is, and the time left, while the block runs.

    A training that does not say how many steps it has shows nothing.
    """
    ended = threading.Event()
    steps = _logged(scratch / METRICS_NAME, ended, look_every_s)
    watcher = threading.Thread(target=_show, args=(label, scratch / STEPS_NAME, steps), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _show(label: str, owed: Path, steps: Iterator[dict[str, Any]]) -> None:
    first = next(steps, None)
    if first is None or not owed.is_file():
        return
    with progress(label, int(owed.read_text(encoding="utf-8")), first["step"] - 1) as bar:
        for row in chain([first], steps):
            bar.reached(row["step"], f"loss {row['loss']:.3f}")


def _logged(log: Path, ended: threading.Event, look_every_s: float) -> Iterator[dict[str, Any]]:
    """Return the whole lines that arrive from now on, until the training has ended."""
    return _lines(log, log.stat().st_size if log.is_file() else 0, ended, look_every_s)


def _lines(log: Path, start: int, ended: threading.Event, look_every_s: float) -> Iterator[dict[str, Any]]:
    last = False
    while not last:
        last = ended.wait(look_every_s)
        if log.is_file():
            with log.open("rb") as file:
                file.seek(start)
                whole = file.read().rpartition(b"\n")[0]
            start += len(whole) + bool(whole)
            yield from map(json.loads, whole.splitlines())

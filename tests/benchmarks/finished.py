"""What an earlier run left in the data folder."""

import json
from pathlib import Path
from typing import Any, TypeVar

from repodojo.types import from_json

DATA = Path(__file__).parents[2] / "data"
T = TypeVar("T")


def read_results(data: Path, dataset: str, kind: type[T]) -> dict[str, T]:
    """Return the newest complete results of a dataset of 02_intermediate, by key."""
    complete = data.glob(f"02_intermediate/{dataset}/*/_MANIFEST.json")
    folder = max((path.parent for path in complete), key=_changed, default=None)
    paths = sorted(folder.glob("[!_]*.json")) if folder else []
    return {path.stem: _read(path, kind) for path in paths}


def _changed(folder: Path) -> float:
    return folder.stat().st_mtime


def _read(path: Path, kind: type[T]) -> T:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return from_json(kind, content, str(path))

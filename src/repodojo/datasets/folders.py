"""A folder of files that is whole or absent: made beside its place, then renamed."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractDataset

from repodojo.datasets.errors import IncompleteDatasetError, InputDatasetError
from repodojo.instances.sources.folders import File
from repodojo.unfinished import sweep, unfinished

Content = str | bytes | Path | File | Callable[[], str | bytes]
"""A text, bytes, a file to copy, one with its mode, or what makes a text or bytes when its turn comes: so
only one of these is in memory."""


class FolderOfFilesDataset(AbstractDataset[Mapping[str, Content], Path]):
    """Writes ``{relative path: content}`` as a folder, replacing what was there; loads the folder's path."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Describe the folder."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Return the folder's path.

        Raises:
            IncompleteDatasetError: it is not there.
        """
        if not self._exists():
            raise IncompleteDatasetError(f"{self._filepath} does not exist; run the node that writes it")
        return self._filepath

    def save(self, data: Mapping[str, Content]) -> None:
        """Write the files.

        Raises:
            InputDatasetError: a path leaves the folder.
        """
        if wrong := [name for name in data if not _stays_inside(name)]:
            raise InputDatasetError(f"{self._filepath}: expected relative paths, found {wrong[:3]}")
        sweep(self._filepath.parent)
        made = unfinished(self._filepath)
        made.mkdir(parents=True)
        try:
            for name, content in data.items():
                _write(made / name, content)
            if self._filepath.exists():
                shutil.rmtree(self._filepath)
            made.rename(self._filepath)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath.as_posix()}


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _write(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if callable(content):
        content = content()
    if isinstance(content, Path):
        shutil.copyfile(content, path)
    elif isinstance(content, File):
        path.write_bytes(content.content)
        path.chmod(0o755 if content.executable else 0o644)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")

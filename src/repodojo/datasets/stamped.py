"""Any file of any Kedro dataset, with a note beside it that says what produced it.

The note ``<file>.produced_by.json`` is written after the file and taken away before it, so a file without a
fitting note is not there: half-written, or made by another configuration.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from repodojo.datasets.configuration import Configuration, Saved
from repodojo.datasets.errors import IncompleteDatasetError, InputDatasetError
from repodojo.datasets.files import file_digest, read_fields, write_json
from repodojo.unfinished import sweep

SUFFIX = ".produced_by.json"


class StampedDataset(AbstractDataset[Any, Any]):
    """Wraps a dataset of one file; exists only for the configuration that the file was made by."""

    def __init__(
        self, *, dataset: dict[str, Any], otherwise: Any = None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Describe the wrapped dataset.

        Args:
            dataset: its catalog entry, with ``type`` and ``filepath``.
            otherwise: what is loaded where the current configuration has not made the file; without it, that
                is an error.
            metadata: of no concern to the dataset itself.
        """
        if not {"type", "filepath"} <= dataset.keys():
            raise InputDatasetError(f"'dataset' needs 'type' and 'filepath', found {sorted(dataset)}")
        self._config = dataset
        self._otherwise = otherwise
        self._filepath = Path(dataset["filepath"])
        self._note = self._filepath.with_name(self._filepath.name + SUFFIX)
        self.configuration: Configuration | None = None
        self.metadata = metadata
        self.saved: Saved | None = None

    def asked_for(self, configuration: Configuration) -> None:
        """Say which configuration's file `load`, `save` and `exists` are about."""
        self.configuration = configuration

    def load(self) -> Any:
        """Return what the wrapped dataset loads.

        Raises:
            IncompleteDatasetError: the file is missing, or another configuration made it.
        """
        if self.configuration is not None and not self._exists():
            if self._otherwise is not None:
                return self._otherwise
            raise IncompleteDatasetError(
                f"{self._filepath} was not made by the current configuration ({self._difference()}); "
                "give the --env and --params that it was made with, or make it again: "
                f"plain `kedro run` runs its node '{self.configuration.node}'"
            )
        return self._inner.load()

    def save(self, data: Any) -> None:
        """Save through the wrapped dataset, then note what produced the file."""
        before = file_digest(self._filepath) if self._filepath.exists() and self._note.exists() else ""
        try:
            self._filepath.parent.mkdir(parents=True, exist_ok=True)
            sweep(self._filepath.parent)
            self._note.unlink(missing_ok=True)
            self._inner.save(data)
            digest = file_digest(self._filepath)
            note = (self.configuration or Configuration()).as_json()
            write_json(self._note, note | {"sha256": digest, "bytes": _size(self._filepath)}, indent=1)
        except (OSError, DatasetError) as error:
            reason = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(reason, OSError):
                raise
            raise IncompleteDatasetError(
                f"cannot write {self._filepath}: {reason.strerror or reason}; make room or mend the folder, "
                f"then run the same command to go on"
            ) from error
        self.saved = Saved(int(digest != before), digest, self._filepath)

    def __getattr__(self, name: str) -> Any:
        """Give Kedro-Viz the wrapped dataset's preview, where it has one."""
        if name != "preview":
            raise AttributeError(name)
        return self._inner.preview  # type: ignore[attr-defined]

    def identity(self) -> str:
        """Return the digest of the file, for where no node writes it."""
        return file_digest(self._filepath) if self._filepath.exists() else "missing"

    @cached_property
    def _inner(self) -> AbstractDataset[Any, Any]:
        inner: AbstractDataset[Any, Any] = AbstractDataset.from_config(
            self._filepath.name, dict(self._config)
        )
        return inner

    def _exists(self) -> bool:
        if not self._filepath.exists():
            return False
        if self.configuration is None:
            return True
        note = self._read_note()
        return (
            note is not None
            and note["configuration"] == self.configuration.digest
            and note["bytes"] == _size(self._filepath)
        )

    def _read_note(self) -> dict[str, Any] | None:
        return read_fields(self._note, configuration=str, bytes=int, parameters=dict, inputs=dict)

    def _difference(self) -> str:
        """Name what differs between the file's note and what is asked for."""
        note = self._read_note()
        if note is None:
            return "the file or the note beside it is missing or torn"
        asked = (self.configuration or Configuration()).as_json()
        for part in ("parameters", "inputs"):
            if names := list(_differing(note[part], asked[part])):
                return f"{part} differ: {', '.join(names[:8])}"
        return "the file has changed since, or another version of the package made it"

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath.as_posix(), "dataset": self._config["type"]}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the dotted names of what is not the same in two mappings."""
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _differing(was, now, f"{above}{name}.")
        elif was != now:
            yield f"{above}{name}"


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if path.is_dir():
        return sum(item.stat().st_size for item in path.rglob("*") if item.is_file())
    return path.stat().st_size

"""One repository of a release: what it is, its files, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["dataset", "model"]


@dataclass(frozen=True)
class Repository:
    """A data set or a model."""

    name: str
    kind: Kind
    title: str
    about: str
    """A paragraph of Markdown."""
    sources: tuple[str, ...]
    """The catalog entries that its files were made from."""
    files: Mapping[str, bytes | Path]
    """By path in the repository: content, or the file to copy."""
    splits: Mapping[str, int] = field(default_factory=dict)
    """Of a data set: rows by split; the file of one is ``data/<split>-00000-of-00001.parquet``."""
    columns: tuple[str, ...] = ()
    numbers: tuple[tuple[str, ...], ...] = ()
    """Of a model: rows of label, value, 95 % interval and what it rests on."""

    @property
    def folder(self) -> str:
        """The folder in the release."""
        return f"{self.kind}s/{self.name}"


def split_file(split: str) -> str:
    """Return the path of a split's file."""
    return f"data/{split}-00000-of-00001.parquet"

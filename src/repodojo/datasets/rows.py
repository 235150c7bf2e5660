"""Rows of existing sets and of pull requests as an input of the graph, fetched when they are first read."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.files import file_digest
from repodojo.datasets.handles import HandleDataset
from repodojo.errors import InputError, SourceError
from repodojo.instances.sources.row import Found, SourceRow
from repodojo.instances.sources.sets import LocalSet, Source, is_set, parse_sources, read_sources

logger = logging.getLogger(__name__)


class RowsDataset(HandleDataset):
    """Loads a list of `SourceRow`."""

    def __init__(
        self,
        *,
        sources: Sequence[Mapping[str, Any]],
        cache: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Say which sets.

        Args:
            sources: what `parse_sources` reads: ``{path: ...}``, ``{hub: ..., revision: ...}`` or
                ``{github: owner/repo}``.
            cache: folder of what is fetched of the hub and of GitHub, and kept.
            metadata: of no concern to the dataset itself.

        Raises:
            InputDatasetError: a source is malformed, or would be fetched and has no ``cache``.
        """
        super().__init__("rows", None, None)
        try:
            self._sources = parse_sources(sources, "rows in the catalog")
        except InputError as error:
            raise InputDatasetError(str(error)) from error
        if cache is None and any(not isinstance(source, LocalSet) for source in self._sources):
            raise InputDatasetError(
                "rows in the catalog: field 'cache': expected a folder for what is fetched, found nothing"
            )
        self._cache = Path(cache or "")
        self.metadata = metadata

    def check(self) -> None:
        """Fetch and read everything before work starts."""
        self.load()

    def identity(self) -> list[Any] | None:
        """Return what decides the rows: the content of files, and what is asked where they are fetched."""
        return [_identify(source) for source in self._sources] or None

    def read(self) -> Found:
        """Fetch what is not in the cache, and read the sets.

        Raises:
            InputDatasetError: a set is not there, or cannot be fetched or kept.
        """
        try:
            return read_sources(self._sources, self._cache)
        except (InputError, SourceError) as error:
            raise InputDatasetError(str(error)) from error
        except OSError as error:
            raise InputDatasetError(
                f"rows in the catalog: field 'cache': expected a folder that can be made and written, found "
                f"{str(self._cache)[:200]}: {error.strerror or error}"
            ) from error

    def _make(self) -> list[SourceRow]:
        rows, rejected = self.read()
        if rejected:
            where, reason, _ = rejected[0]
            reason = reason.removeprefix(f"{where}: ")
            logger.warning("%d rows rejected; first %s: %s", len(rejected), where, reason)
        return rows


def _identify(source: Source) -> Any:
    if not isinstance(source, LocalSet):
        return source.model_dump(mode="json")
    try:
        return {"digest": file_digest(source.path) if is_set(source.path) else "missing"}
    except OSError:  # reading it says why
        return {"digest": "missing"}

"""Trajectories of other systems as inputs of the graph: a file or folder in any format of `rollouts.formats`.

One entry gives one part: trajectories or verdicts by rollout id, or the instances that they are of. So a
public set with verdicts stands where a policy's rollouts and verdicts would, and what comes after them needs
no sandbox. Such an entry is only read.
"""

import json
import logging
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from kedro.io import AbstractDataset

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.files import file_digest
from repodojo.errors import InputError
from repodojo.rollouts.formats.draft import Imported
from repodojo.rollouts.formats.files import read_trajectories
from repodojo.rollouts.formats.instances import instances_of
from repodojo.unfinished import write_text

Part = Literal["trajectories", "verdicts", "instances"]

logger = logging.getLogger(__name__)


class ImportedTrajectoriesDataset(AbstractDataset[Any, Any]):
    """Reads one part of a set of trajectories; malformed records are listed, the others load."""

    only_read = True
    """Results depend on what is read, not on the nodes that could have written it."""

    def __init__(
        self,
        *,
        filepath: str | None,
        format: str,
        part: Part,
        report: str | None = None,
        rejected: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Describe the set.

        Args:
            filepath: the file or folder; null for a set without trajectories.
            format: one of `rollouts.formats.FORMATS`.
            part: what loads: ``trajectories``, ``verdicts`` or ``instances``.
            report: SWE-bench's report, for records that hold no verdict.
            rejected: a file, relative to the folder of ``filepath``, that lists malformed records with their
                reason; without one, a malformed record is an error.
            metadata: of no concern to the dataset itself.
        """
        if part not in get_args(Part):
            raise InputDatasetError(f"'part' must be one of {', '.join(get_args(Part))}, found {part!r}")
        self._filepath = None if filepath is None else Path(filepath)
        self._format = format
        self._part = part
        self._report = None if report is None else Path(report)
        self._rejected = None if rejected is None or filepath is None else Path(filepath).parent / rejected
        self.metadata = metadata

    def load(self) -> Any:
        """Return the part.

        Raises:
            InputDatasetError: naming the file, the record and the field, what was expected and found.
        """
        found = self._found()
        if self._part == "instances":
            return instances_of(found.trajectories)
        records: list[Any] = found.trajectories if self._part == "trajectories" else found.verdicts
        return {record.rollout_id: record for record in sorted(records, key=lambda each: each.rollout_id)}

    def save(self, data: Any) -> NoReturn:
        """Refuse: the set is an input."""
        raise InputDatasetError(
            f"{self._filepath} is an imported set and only read; run the pipelines that come after it, "
            "`kedro run --pipelines=dedup_capping,sft`, not the one that would make it"
        )

    def check(self) -> None:
        """Read everything before work starts."""
        self._found()

    def identity(self) -> Any:
        """Return what decides the content: the files, the format, the part."""
        files = [path for path in (self._filepath, self._report) if path is not None]
        digests = [file_digest(path) if path.exists() else "missing" for path in files]
        return {"digests": digests, "format": self._format, "part": self._part}

    def _found(self) -> Imported:
        if self._filepath is None:
            return Imported([], [], [])
        paths = [path for path in (self._filepath, self._report) if path is not None]
        found = _read(self._filepath, self._format, self._report, self._rejected, _stamp(paths))
        if found.rejected and self._rejected is None:
            more = f" (and {len(found.rejected) - 1} more)" if len(found.rejected) > 1 else ""
            raise InputDatasetError(
                f"{found.rejected[0].reason}{more}; mend them, or name a file as 'rejected' to go on"
            )
        return found

    def _exists(self) -> bool:
        return self._filepath is None or self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath or ""), "format": self._format, "part": self._part}


@lru_cache(maxsize=2)
def _read(
    filepath: Path, format_name: str, report: Path | None, rejected: Path | None, stamp: object
) -> Imported:
    """Read a set once for all entries, until ``stamp`` says that it is another, and list what is malformed.

    Raises:
        InputDatasetError: there is nothing to read.
    """
    try:
        found = read_trajectories(filepath, format_name, report)
    except InputError as error:
        raise InputDatasetError(str(error)) from error
    if rejected is not None:
        write_text(rejected, "".join(json.dumps(each._asdict()) + "\n" for each in found.rejected))
        if found.rejected:
            logger.warning("%s: %d records rejected, see %s", filepath, len(found.rejected), rejected)
    return found


def _stamp(paths: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    """Return what changes with any file of a set."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    stats = [(file, file.stat()) for file in files if file.is_file()]
    return tuple((file, stat.st_size, stat.st_mtime_ns) for file, stat in stats)

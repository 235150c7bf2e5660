"""Lists of records as JSON lines."""

import json
import logging
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.files import file_digest
from repodojo.datasets.records import Codec
from repodojo.unfinished import write_text

logger = logging.getLogger(__name__)


class JSONLinesDataset(AbstractDataset[list[Any], list[Any]]):
    """Keeps a list of records, one on each line."""

    def __init__(
        self,
        *,
        filepath: str,
        record: str | None = None,
        rejected: str | None = None,
        advice: str = "",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Describe the file.

        Args:
            filepath: the file.
            record: dotted name of the rows' type; without one, rows are plain JSON values.
            rejected: a file, relative to the folder of ``filepath``, that lists malformed rows with their
                reason, so that the others load; without one, a malformed row is an error.
            advice: what to do where the file is missing.
            metadata: of no concern to the dataset itself.
        """
        self._filepath = Path(filepath)
        self._codec = Codec(record)
        self._advice = f"; {advice}" if advice else ""
        self._rejected = None if rejected is None else self._filepath.parent / rejected
        self.metadata = metadata

    def load(self) -> list[Any]:
        """Return the rows.

        Raises:
            InputDatasetError: naming the file, the row and the field, what was expected and what was found.
        """
        rows, problems = self._read()
        if self._rejected is None and problems:
            more = f" (and {len(problems) - 1} more malformed rows)" if len(problems) > 1 else ""
            raise InputDatasetError(problems[0]["reason"] + more)
        if self._rejected is not None:
            write_text(self._rejected, "".join(json.dumps(row) + "\n" for row in problems))
            if problems:
                logger.warning(
                    "%s: %d rows rejected, listed in %s", self._filepath, len(problems), self._rejected
                )
        return rows

    def save(self, data: list[Any]) -> None:
        """Write the rows, replacing what was there at once."""
        lines = (json.dumps(self._codec.encode(row), ensure_ascii=False) for row in data)
        write_text(self._filepath, "".join(line + "\n" for line in lines))

    def identity(self) -> str:
        """Return the digest of the file, for where no node writes it."""
        return file_digest(self._filepath) if self._filepath.is_file() else "missing"

    def _read(self) -> tuple[list[Any], list[dict[str, Any]]]:
        """Return the rows, and the malformed ones with their reason."""
        if not self._filepath.is_file():
            raise InputDatasetError(
                f"{self._filepath} does not exist; expected one JSON object on each line{self._advice}"
            )
        rows, problems = [], []
        for number, line in enumerate(self._filepath.read_bytes().splitlines(), start=1):
            where = f"{self._filepath}, row {number}"
            if not line.strip():
                continue
            try:
                rows.append(self._codec.decode(_parse(line, where), where))
            except InputDatasetError as error:
                problems.append(
                    {"row": number, "reason": str(error), "text": line.decode(errors="replace")[:2000]}
                )
        return rows, problems

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath.as_posix()}


def _parse(line: bytes, where: str) -> Any:
    """Parse one line as JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputDatasetError(
            f"{where}: expected a JSON object, found {line[:80].decode(errors='replace')!r} ({error})"
        ) from error

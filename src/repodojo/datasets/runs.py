"""The folder of one fingerprint: a file for each result, a manifest once all are there.

<path>/<fingerprint digest>/_RUN.json       what produces the results; written first
                            _PARTS.json     a digest for each key that other runs may share
                            <key>.json      one result, renamed into place when it arrived
                            _MANIFEST.json  the keys and the bytes of each file; written last: complete
<path>/_asked/<configuration digest>        the fingerprint digest that the configuration leads to
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from repodojo.datasets.errors import IncompleteDatasetError, InputDatasetError
from repodojo.datasets.files import read_fields, read_json, write_json
from repodojo.datasets.records import Codec
from repodojo.unfinished import sweep, write_text

LONGEST_KEY = 200
MANIFEST = "_MANIFEST.json"
RUN = "_RUN.json"
PARTS = "_PARTS.json"
ASKED = "_asked"
DIGEST = re.compile("[0-9a-f]{16}")


class Run:
    """Results of one fingerprint on disk."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        self.folder = folder
        self._codec = codec

    def open(self, description: Mapping[str, Any]) -> None:
        """Make the folder, say what produces its results, and remove what a kill left half written."""
        sweep(self.folder)
        if read_json(self.folder / RUN) is None:
            write_json(self.folder / RUN, dict(description), indent=1)

    def write(self, key: str, record: Any) -> Exception | None:
        """Write one result; return the error where it is not a record of the dataset's type."""
        try:
            value = self._codec.encode(record)
        except (TypeError, ValueError) as error:
            return error
        write_json(self._file(key), value)
        return None

    def read(self, key: str) -> Any:
        """Read one result.

        Raises:
            IncompleteDatasetError: the file is missing or torn.
        """
        found = self.find(key)
        if found is None:
            raise IncompleteDatasetError(f"{self._file(key)} is missing or torn; `kedro run` makes it again")
        return found

    def find(self, key: str) -> Any | None:
        """Read one result; None where it is missing, torn or of another shape, and so owed again."""
        value = read_json(self._file(key))
        if value is None:
            return None
        try:
            return self._codec.decode(value, self._file(key).as_posix())
        except InputDatasetError:
            return None

    def share(self, parts: Mapping[str, str]) -> None:
        """Say which part of the fingerprint decides which result, for other runs to take it."""
        if parts and read_json(self.folder / PARTS) != parts:
            write_json(self.folder / PARTS, dict(parts))

    def find_shared(self, parts: Mapping[str, str], good: Callable[[Any], bool]) -> dict[str, Any]:
        """Return what other runs kept for the same keys and parts and is good; what cannot be read is not."""
        found: dict[str, Any] = {}
        for listed in sorted(self.folder.parent.glob(f"*/{PARTS}")):
            lacking = parts.items() - {(key, parts[key]) for key in found}
            if not lacking:
                break
            with suppress(OSError):
                found |= Run(listed.parent, self._codec)._find_same(lacking, good)
        return found

    def _find_same(self, parts: Iterable[tuple[str, str]], good: Callable[[Any], bool]) -> dict[str, Any]:
        own = read_json(self.folder / PARTS)
        same = [key for key, part in parts if isinstance(own, dict) and own.get(key) == part]
        found = ((key, self.find(key)) for key in same)
        return {key: record for key, record in found if record is not None and good(record)}

    def finish(self, keys: Iterable[str]) -> None:
        """Mark the run complete."""
        sizes = {key: self._file(key).stat().st_size for key in sorted(keys)}
        if self._sizes() != sizes:
            write_json(self.folder / MANIFEST, {"bytes": sizes})

    def reopen(self) -> None:
        """Take the mark of completeness away."""
        (self.folder / MANIFEST).unlink(missing_ok=True)

    def keys(self) -> list[str] | None:
        """Return the keys of a complete run, sorted; None where it is not complete."""
        sizes = self._sizes()
        return None if sizes is None else sorted(sizes)

    def complete(self) -> bool:
        """Whether the manifest is there and every file it names is as long as it was."""
        expected = self._sizes()
        if expected is None:
            return False
        found = {file.name: file.stat().st_size for file in self.folder.iterdir()}
        return all(found.get(self._file(key).name) == size for key, size in expected.items())

    def _sizes(self) -> dict[str, int] | None:
        manifest = read_fields(self.folder / MANIFEST, bytes=dict)
        return None if manifest is None else manifest["bytes"]

    def _file(self, key: str) -> Path:
        return self.folder / f"{quote(key, safe=' ()[],@+=')}.json"


def check_keys(keys: Iterable[str]) -> Iterator[str]:
    """Yield the keys that cannot be file names."""
    return (key for key in keys if not key or key.startswith("_") or len(quote(key)) > LONGEST_KEY)


class AskedRuns:
    """Which fingerprint each configuration leads to; one file each, so that writers never collide."""

    def __init__(self, path: Path) -> None:
        self._folder = path / ASKED

    def find(self, configuration: str) -> str | None:
        """Return the fingerprint digest that a configuration led to; None where it led to none yet."""
        try:
            found = (self._folder / configuration).read_bytes().decode("ascii", errors="replace").strip()
        except FileNotFoundError:
            return None
        return found if DIGEST.fullmatch(found) else None

    def remember(self, configuration: str, fingerprint: str) -> None:
        """Note where a configuration leads."""
        if self.find(configuration) != fingerprint:
            write_text(self._folder / configuration, fingerprint + "\n")

    def forget(self, configuration: str) -> None:
        """Note that what a configuration leads to is being made."""
        (self._folder / configuration).unlink(missing_ok=True)

"""Tables and figures of the report as files that Kedro-Viz can show beside its graph."""

import base64
import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import HTMLPreview, TablePreview

from repodojo.datasets.errors import IncompleteDatasetError
from repodojo.unfinished import write_text


class _FileDataset(AbstractDataset[Any, Any]):
    """One text file."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Describe the file."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    def read(self) -> str:
        """Return the file's text.

        Raises:
            IncompleteDatasetError: it is not there.
        """
        if not self._filepath.is_file():
            raise IncompleteDatasetError(f"{self._filepath} does not exist; `kedro run` makes it")
        return self._filepath.read_text(encoding="utf-8")

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath.as_posix()}


class SvgDataset(_FileDataset):
    """A figure."""

    def load(self) -> str:
        """Return the SVG."""
        return self.read()

    def save(self, data: str) -> None:
        """Write the SVG."""
        write_text(self._filepath, data)

    def preview(self) -> HTMLPreview:
        """Return the figure as an image, on white, because its ink is black outside of a page."""
        image = base64.b64encode(self.read().replace("currentColor", "#1c2330").encode()).decode()
        style = "background:#fff;width:100%"
        return HTMLPreview(f'<img alt="figure" style="{style}" src="data:image/svg+xml;base64,{image}">')


class TableDataset(_FileDataset):
    """A table of the report, in its JSON form."""

    def load(self) -> dict[str, Any]:
        """Return the table."""
        table: dict[str, Any] = json.loads(self.read())
        return table

    def save(self, data: dict[str, Any]) -> None:
        """Write the table."""
        write_text(self._filepath, json.dumps(data, ensure_ascii=False, indent=1) + "\n")

    def preview(self) -> TablePreview:
        """Return the table's cells; the first column says whether a row was measured here."""
        table = self.load()
        cells = [[row["origin"], *row["cells"]] for row in table["rows"]]
        columns = ["origin", *table["columns"]]
        return TablePreview({"index": list(range(len(cells))), "columns": columns, "data": cells})

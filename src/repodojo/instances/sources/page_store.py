"""Answers of an API, each in a file of its own: whole or not there."""

import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """One answer."""

    url: str
    accept: str
    status: int
    body: str
    etag: str = ""
    modified: str = ""
    next: str = ""
    """Address of the next page; empty on the last."""
    last: str = ""
    """Address of the last page; empty where there is one only."""


class PageStore:
    """A folder of pages by address and format."""

    def __init__(self, root: Path) -> None:
        """Keep pages under ``root``."""
        self._root = root

    def get(self, url: str, accept: str) -> Page | None:
        """Return the page; None where it is not there, or its file is torn or another's."""
        try:
            page = Page(**json.loads(self._path(url, accept).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return page if (page.url, page.accept) == (url, accept) else None

    def put(self, page: Page) -> None:
        """Keep a page, replacing what was there at once."""
        path = self._path(page.url, page.accept)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        unfinished.write_text(json.dumps(asdict(page)), encoding="utf-8")
        unfinished.replace(path)

    def drop(self, page: Page) -> None:
        """Keep a page no longer."""
        self._path(page.url, page.accept).unlink(missing_ok=True)

    def _path(self, url: str, accept: str) -> Path:
        name = hashlib.sha256(f"{accept} {url}".encode()).hexdigest()
        return self._root / name[:2] / f"{name}.json"

"""Small git repositories, and pull requests that a server on loopback has."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .github_server import record_pulls, serve


@pytest.fixture
def repository(tmp_path: Path, new_repository: Callable[[Path], Any]) -> Any:
    return new_repository(tmp_path / "clone")


@pytest.fixture
def recorded() -> Iterator[Any]:
    made = record_pulls()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()

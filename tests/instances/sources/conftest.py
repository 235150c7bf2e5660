"""Small git repositories."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def repository(tmp_path: Path, new_repository: Callable[[Path], Any]) -> Any:
    return new_repository(tmp_path / "clone")

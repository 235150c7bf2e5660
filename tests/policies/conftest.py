import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from repodojo.policies.local_engine import LocalEngine

SCRIPT = Path(__file__).with_name("reference_checkpoint.py")


class Reference(NamedTuple):
    """A tiny checkpoint, an adapter on it, and what plain transformers makes of both."""

    checkpoint: Path
    adapter: Path
    expected: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    folder = tmp_path_factory.mktemp("reference")
    path = os.pathsep.join(sys.path)
    subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], check=True, env={**os.environ, "PYTHONPATH": path}
    )
    expected = json.loads((folder / "expected.json").read_text())
    return Reference(folder / "checkpoint", folder / "adapter", expected)


@pytest.fixture(scope="session")
def engine(reference: Reference) -> Iterator[LocalEngine]:
    """Fewer slots than conversations, so that requests wait and slots change hands."""
    with LocalEngine(reference.checkpoint, max_batch=3) as running:
        yield running

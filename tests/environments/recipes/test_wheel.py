from pathlib import Path

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.environment_records import CloneEnvironment
from repodojo.environments.recipes.folders import Folders

PYPROJECT = b"""
[build-system]
requires = ["tiny-backend"]
build-backend = "tiny_backend"
"""


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


def test_a_build_backend_that_is_a_compiled_program_builds(package_index, sandboxes, tmp_path):
    """uv_build is one: without its program nothing is known of a project, not even its version."""
    interpreter = next(found for found in find_interpreters() if found.version >= (3, 11))
    environment = CloneEnvironment(
        "made", "a/made", "1.0", "2023-01-01T00:00:00+00:00", (), python=interpreter.full
    )
    tree = {"pyproject.toml": Blob("100644", PYPROJECT)}
    built = Builder(sandboxes, Folders(tmp_path)).build_metadata("made", tree, environment)
    assert built is not None
    assert built.version == "1.0"
    programs = {path.name for path in Path(tmp_path).glob("packages-*/*/bin/*")}
    assert programs == {"tiny-build"}

from datetime import UTC, datetime
from pathlib import Path

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.environment_records import CloneEnvironment, Wanted
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


def test_a_package_that_is_published_as_sources_alone_is_built_with_what_it_needs(
    package_index, sandboxes, tmp_path
):
    """One such package among a project's own requirements used to cost the whole environment."""
    files = {
        "Pipfile": "[dev-packages]\ntiny-source = '*'\n",
        "tests/test_it.py": "import tiny_source\n\ndef test_helper():\n    assert tiny_source.tiny_helper\n",
    }
    tree = {path: Blob("100644", text.encode()) for path, text in files.items()}
    wanted = Wanted("it", "a/it", "", datetime(2023, 1, 1, tzinfo=UTC), ("tests/test_it.py",))
    built = Builder(sandboxes, Folders(tmp_path)).build(wanted, tree)
    assert built.works, built.failure
    assert {"tiny-helper==1.0", "tiny-source==1.0"} <= set(built.pins)

from datetime import UTC, datetime

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes import environment
from repodojo.environments.recipes.environment_records import Wanted
from repodojo.environments.recipes.folders import Folders


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


def test_tests_that_hang_are_tried_once(package_index, sandboxes, tmp_path, monkeypatch):
    """Every recipe on every Python used to wait half an hour for them."""
    monkeypatch.setattr(environment, "_TESTS_S", 3.0)
    files = {
        "Pipfile": "[dev-packages]\ntiny-helper = '*'\n",
        "tests/test_it.py": "import time\n\ndef test_it():\n    time.sleep(600)\n",
    }
    tree = {path: Blob("100644", text.encode()) for path, text in files.items()}
    wanted = Wanted("it", "a/it", "", datetime(2024, 1, 1, tzinfo=UTC), ("tests/test_it.py",))
    built = environment.Builder(sandboxes, Folders(tmp_path)).build(wanted, tree)
    (build, tests) = built.attempts
    assert (build.stage, tests.reason.partition(";")[0]) == ("build", "tests_do_not_run: timeout")

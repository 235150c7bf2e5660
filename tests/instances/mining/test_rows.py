"""Which tests of a row are run."""

import pytest

from repodojo.instances.mining.clones import find_clones
from repodojo.instances.mining.rows import hidden_test_files, read_clone_rows
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.sources.row import SourceRow


def row_of(*paths):
    patch = "".join(
        f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n" for path in paths
    )
    return SourceRow("a__b-1", "a/b", "0" * 40, "", patch, "text")


@pytest.mark.parametrize(
    ("paths", "run"),
    [
        (["test-data/unit/check-a.test", "tests/data.json"], ()),
        (["tests/test_a.py", "tests/cases.test", "tests/helper.py"], ("tests/test_a.py",)),
        (["tests/conftest.py", "tests/__init__.py"], ()),
        (["tests/checks.py"], ("tests/checks.py",)),
        (["pkg/a_test.py", "pkg/b_tests.py"], ("pkg/a_test.py", "pkg/b_tests.py")),
    ],
)
def test_test_files_are_those_that_pytest_runs_and_data_is_none(paths, run):
    """mypy's ``.test`` files hold cases that pytest cannot be given by their path."""
    assert hidden_test_files(row_of(*paths)) == run


def test_tests_beside_the_project_show_whether_a_recipe_works(new_repository, tmp_path):
    """Without a folder of tests, nothing was run to see whether a recipe works, and so none did."""
    repository = new_repository(tmp_path / "a")
    code = {
        "a.py": "A = 1\n",
        "test_a.py": "def test_a(): pass\n",
        "setup.py": "",
        "src/test_b.py": "B = 1\n",
    }
    repository.commit("Start", code)
    repository.commit("Repair", {"a.py": "A = 2\n", "test_new.py": "def test_new(): pass\n"})
    (clone,) = find_clones(tmp_path)
    (wanted,) = read_clone_rows(clone, MiningSettings()).wanted
    assert list(wanted["test_files"]) == ["src/test_b.py", "test_a.py"]

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


def test_the_nearest_tests_show_whether_a_recipe_works(new_repository, tmp_path):
    """Tests at the top were not run at all, and those of plugins that nothing is installed for came first."""
    repository = new_repository(tmp_path / "a")
    tests = ("plugins/a/tests/test_a.py", "tests/test_b.py", "test_c.py", "tests/rules/test_d.py")
    repository.commit("Start", {"a.py": "A = 1\n", **dict.fromkeys(tests, "def test(): pass\n")})
    wanted = []
    for name in ("test_new.py", "tests/rules/test_new.py"):
        repository.commit("Repair", {"a.py": f"A = {name!r}\n", name: "def test_new(): pass\n"})
        (clone,) = find_clones(tmp_path)
        wanted.append(read_clone_rows(clone, MiningSettings(per_repository=1)).wanted[0]["test_files"])
    assert list(wanted[0]) == [tests[1], tests[3], tests[0], tests[2]]
    assert list(wanted[1]) == [tests[3], tests[1], tests[0], tests[2], "test_new.py"]

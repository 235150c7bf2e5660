"""Which tests of a row are run."""

import pytest

from repodojo.instances.mining.rows import hidden_test_files
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

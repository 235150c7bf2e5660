"""Seaborn's output: the status first, or second in verbose output."""

import pytest

from repodojo.grading.log_parsers.seaborn import parse_seaborn


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("PASSED t.py::test_x", {"t.py::test_x": "PASSED"}),
        ("FAILED t.py::test_x - assert", {"t.py::test_x": "FAILED"}),
        ("t.py::test_x PASSED [ 5%]", {"t.py::test_x": "PASSED"}),
        ("t.py::test_x[a b] PASSED [ 5%]", {}),
        ("ERROR t.py", {}),
        ("SKIPPED [1] t.py", {}),
        ("PASSED", {}),
        ("FAILED", {}),
    ],
)
def test_one_line(line, found):
    assert parse_seaborn(f"noise\n{line}\n") == found

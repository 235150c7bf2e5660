"""Causes of runs without a result."""

import pytest

from repodojo.errors import SandboxError
from repodojo.grading.infrastructure import Cause, describe_failure, find_cause


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("pip: No space left on device", Cause("out_of_disk", True)),
        ("line\nKilled\nline", Cause("out_of_memory", True)),
        ("Killed by the test", None),
        ("Error response from daemon: gone", Cause("container_lost", True)),
        ("RuntimeError: can't start new thread", Cause("too_many_processes", False)),
        ("ImportError while loading conftest '/x'", Cause("collection_error", False)),
        ("  SyntaxError: invalid syntax", None),
        ("E     SyntaxError: invalid syntax", Cause("syntax_error", False)),
        ("FAILED t.py::test_x - assert 0", None),
        ("", None),
    ],
)
def test_a_cause_is_told_from_the_text(text, cause):
    assert find_cause(text) == cause


def test_a_failure_is_named_by_its_cause_else_by_its_kind():
    assert describe_failure(SandboxError("No space left on device")).startswith("out_of_disk: ")
    assert describe_failure(SandboxError("no room")) == "SandboxError: no room"

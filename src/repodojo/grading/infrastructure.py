"""Why a run measured nothing, told from what was printed; asked only where no result was found.

It decides between *not measured* and *unresolved*, never that something passed. A cause counts as certain
where no change to a project's source can plausibly bring it about; what a patch can cause too stays the
patch's own failure.
"""

import re
from typing import NamedTuple


class Cause(NamedTuple):
    """Why there is no result."""

    name: str
    certain: bool
    """Whether it says nothing about the patch."""


_SIGNATURES = tuple(
    (Cause(name, certain), re.compile(pattern, re.MULTILINE))
    for name, certain, pattern in (
        ("out_of_disk", True, r"No space left on device|Disk quota exceeded"),
        ("out_of_memory", True, r"Cannot allocate memory|OutOfMemoryError|^Killed$|\bOOMKilled\b"),
        ("too_many_processes", False, r"Resource temporarily unavailable|can't start new thread"),
        ("too_many_files", False, r"Too many open files"),
        (
            "container_lost",
            True,
            r"Error response from daemon|Cannot connect to the Docker daemon|No such container",
        ),
        (
            "network_unreachable",
            True,
            r"Could not resolve host|Temporary failure in name resolution|Network is unreachable",
        ),
        ("display_unavailable", True, r"cannot open display|Missing X server|unable to open X display"),
        ("test_patch_not_applied", True, r"^error: patch failed: .*test|test_patch does not apply"),
        ("missing_module", False, r"ModuleNotFoundError"),
        ("collection_error", False, r"error(?:s)? during collection|^ImportError while loading conftest"),
        ("no_tests_collected", False, r"no tests ran|collected 0 items|^Ran 0 tests"),
        ("timeout", False, r"Timeout error: \d+ seconds exceeded|^>>>>> Tests Timed Out"),
        ("syntax_error", False, r"^(?:E +)?(?:SyntaxError|IndentationError): "),
    )
)
"""In order: the first that is found counts."""


def find_cause(text: str) -> Cause | None:
    """Return why a text that holds no result holds none; None where nothing known is in it."""
    return next((cause for cause, pattern in _SIGNATURES if pattern.search(text)), None)


def describe_failure(error: Exception) -> str:
    """Return ``cause: message`` of an infrastructure failure; the error's name where no cause is known."""
    cause = find_cause(str(error))
    return f"{cause.name if cause and cause.certain else type(error).__name__}: {error}"

"""Reads the output of Django's test runner as SWE-bench's harness does.

An id is what stands before `` ... ``: the test's name and class, or the first line of its docstring. Output
of the tests themselves can stand between that and ``ok``.
"""

import re
from collections.abc import Iterator

_VERSION = "--version is equivalent to version"
_BARE = ("FAIL:", "ERROR:", "ok")
_PASSED = (" ... ok", " ... OK", " ...  OK")
_MIGRATION = "Applying sites.0002_alter_domain_unique...test_no_migrations"
"""A line of output that django-7188 prints before a test's id."""
_INTERRUPTIONS = (
    ("Testing against Django installed in ", re.compile(r"(?s:.*?) silenced\)\.\nok$", re.MULTILINE)),
    ("Internal Server Error: /", re.compile(r".*/\nok$", re.MULTILINE)),
    ("System check identified no issues (0 silenced)", re.compile(r"\nok$", re.MULTILINE)),
)
"""Output that runs into a test's line, and how it goes on to ``ok``."""


def parse_django(log: str) -> dict[str, str]:
    """Return the status by id; the first word stands for a test whose traceback is printed."""
    found: dict[str, str] = {}
    before = None
    has_version = _VERSION in log
    for raw in log.split("\n"):
        line = raw.strip()
        if has_version and _VERSION in line:
            found[_VERSION] = "PASSED"
        if " ... " in line:
            before = line.split(" ... ", 1)[0]
            line = _read_result(line, found)
        if line.startswith(_BARE):
            if not line.startswith("ok"):
                _read_heading(line, found)
            elif before is not None:
                found[before] = "PASSED"
    for name in _interrupted(log):
        found[name] = "PASSED"
    return found


def _read_heading(line: str, found: dict[str, str]) -> None:
    """Note the heading of a traceback; one without a name says nothing."""
    words = line.split(None, 2)
    if len(words) > 1:
        found[words[1]] = "FAILED" if line.startswith("FAIL:") else "ERROR"


def _read_result(line: str, found: dict[str, str]) -> str:
    """Note what a line with `` ... `` says, and return the line as it is to be read on."""
    passed = line.endswith(_PASSED)
    if passed:
        if line.startswith(_MIGRATION):
            line = line.split("...", 1)[-1].strip()
        suffix = _PASSED[2] if line.endswith(_PASSED[2]) else _PASSED[0]
        found[line[: -len(suffix)]] = "PASSED"
    if " ... skipped" in line:
        found[line.split(" ... skipped", 1)[0]] = "SKIPPED"
    if passed:
        return line
    if line.endswith(" ... FAIL"):
        found[line.split(" ... FAIL", 1)[0]] = "FAILED"
    elif line.endswith(" ... ERROR"):
        found[line.split(" ... ERROR", 1)[0]] = "ERROR"
    return line


def _interrupted(log: str) -> Iterator[str]:
    """Yield the ids of tests whose line known output ran into before ``ok`` came."""
    for opening, ending in _INTERRUPTIONS:
        position = log.find(opening)
        while position >= 0:
            name = _name_before(log, position)
            match = None if name is None else ending.match(log, position + len(opening))
            if name is not None and match:
                yield name
            position = log.find(opening, match.end() if match else position + 1)


def _name_before(log: str, end: int) -> str | None:
    """Return what stands before a ``...`` between blanks that ends here; None where there is none."""
    if end < 5 or log[end - 4 : end - 1] != "..." or not (log[end - 1].isspace() and log[end - 5].isspace()):
        return None
    return log[log.rfind("\n", 0, end - 5) + 1 : end - 5]

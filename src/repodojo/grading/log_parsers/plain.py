"""Reads what pytest, unittest, nose and tox print, with exact ids; for projects that no harness knows.

A test that is named twice has its worst status: a subtest that fails fails its test, and so does one of tox's
environments.
"""

import re
from collections.abc import Iterable, Iterator

from repodojo.grading.test_log import ANSI, WORST_LAST, parse_test_log

_VERBOSE = re.compile(
    r"(?P<id>\S+?\.\S+?::.+?) (?P<status>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)"
    r"(?: \(.*\))?(?: +\[ *\d+%\])?"
)
_WORKER = re.compile(r"\[gw\d+\](?: \[ *\d+%\])? (?P<status>[A-Z]+) (?P<id>\S+::.*?)\s*")
_SUBTEST = re.compile(r"(?:\[.*\] )?SUBFAIL(?:ED)?(?:\[.*?\]|\(.*?\))* (?P<id>\S+::.+?)(?: - .*)?")
_RESULTS = {"ok": "PASSED", "FAIL": "FAILED", "ERROR": "ERROR"}
_RESULTS |= {"expected failure": "XFAIL", "unexpected success": "XPASS"}
_SKIPPED = re.compile(r"(?:skipped|SKIP)\b.*")
_NAMED = re.compile(r"(?P<id>\w+ \([\w.<>]+\))(?: .*)?")
_FOOTER = re.compile(r"(FAIL|ERROR|UNEXPECTED SUCCESS): (.+)")
_FOOTER_STATUS = {"FAIL": "FAILED", "ERROR": "ERROR", "UNEXPECTED SUCCESS": "XPASS"}
_HEADINGS = ("FAIL: ", "ERROR: ", "UNEXPECTED SUCCESS: ")
_SUMMARY = tuple(f"{status} " for status in WORST_LAST)
_COMMAND = ": commands["
"""Follows the environment's name where tox starts a command."""


def parse_pytest_output(log: str) -> dict[str, str]:
    """Return the status by id from pytest's short summary, its verbose lines and its lines of subtests."""
    text = ANSI.sub("", log)
    lines = [line.rstrip() for line in text.split("\n") if "::" in line and not line.startswith(_SUMMARY)]
    found = _worst(_verbose(lines))
    found |= parse_test_log(text)
    subtests = [match["id"] for line in lines if "SUBFAIL" in line and (match := _SUBTEST.fullmatch(line))]
    return _worst([*found.items(), *((name, "FAILED") for name in subtests)])


def parse_unittest_output(log: str) -> dict[str, str]:
    """Return the status by id from the verbose output of unittest or nose.

    An id is ``test (module.Class)``, also where the result stands after a docstring on the next line, or what
    nose prints before `` ... ``.
    """
    return _worst(_unittest_results(ANSI.sub("", log)))


def parse_tox_output(log: str) -> dict[str, str]:
    """Return the status by id from whatever runners tox started, over all its environments."""
    parts = ANSI.sub("", log).split(_COMMAND)
    return _worst(item for part in parts for item in _any_results(part))


def _any_results(part: str) -> Iterator[tuple[str, str]]:
    """Yield what one command printed: only pytest's ids hold ``::``, unittest and nose count what ran."""
    if "::" in part:
        yield from parse_pytest_output(part).items()
    if "::" not in part or "\nRan " in part:
        yield from parse_unittest_output(part).items()


def _worst(results: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, status in results:
        found[name] = max(status, found.get(name, status), key=WORST_LAST.index)
    return found


def _verbose(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        match = _VERBOSE.fullmatch(line) or _WORKER.fullmatch(line)
        if match and match["status"] in WORST_LAST:
            yield match["id"], match["status"]


def _unittest_results(text: str) -> Iterator[tuple[str, str]]:
    """Yield results; ``pending`` is a test whose line has not ended yet."""
    pending = ""
    for line in (raw.strip() for raw in text.split("\n")):
        named, separator, rest = line.rpartition(" ... ")
        named, separator, rest = (
            (line[:-4], " ... ", "") if line.endswith(" ...") else (named, separator, rest)
        )
        footer = _FOOTER.fullmatch(line) if line.startswith(_HEADINGS) else None
        if separator:
            pending = _id(named, pending)
            status = _status(rest.strip())
        elif footer:
            yield _id(footer[2], ""), _FOOTER_STATUS[footer[1]]
            continue
        else:
            status = _status(line) if pending else None
            pending = line if status is None and _is_named(line) else pending
        if status is not None:
            yield pending, status
            pending = ""


def _status(text: str) -> str | None:
    return "SKIPPED" if _SKIPPED.fullmatch(text) else _RESULTS.get(text)


def _is_named(line: str) -> bool:
    return " (" in line and _NAMED.fullmatch(line) is not None


def _id(text: str, pending: str) -> str:
    """Return the id in a text, without a subtest's parameters; the line before where this is a docstring."""
    match = _NAMED.fullmatch(text)
    if match:
        return match["id"]
    return pending if _is_named(pending) else text

"""Reads what pytest, unittest, nose and tox print, with exact ids; for projects that no harness knows.

A test that is named twice has its worst status: a subtest that fails fails its test, and so does one of tox's
environments.
"""

import re
from collections.abc import Iterator
from functools import cache

from repodojo.grading.test_log import SUBTEST, WORST_LAST, add_worst, parse_test_log, without_colours

_PATH = re.compile(r"\S+\.\S+")
_OUTCOME = re.compile(r"(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?: \(.*\))?(?: +\[ *\d+%\])?\s*")
_VERBOSE = re.compile(rf"(\S+?\.\S+?::.+?) {_OUTCOME.pattern}")
_WORKER = re.compile(r"\[gw\d+\](?: \[ *\d+%\])? ([A-Z]+) (\S+::.*)")
_RESULTS = {"ok": "PASSED", "FAIL": "FAILED", "ERROR": "ERROR"}
_RESULTS |= {"expected failure": "XFAIL", "unexpected success": "XPASS"}
_SKIPPED = re.compile(r"(?:skipped|SKIP)\b.*")
_NAMED = re.compile(r"(\w+ \([\w.<>]+\))(?: .*)?")
_USUAL = re.compile(r"([0-9A-Z_a-z]+ \([.0-9<>A-Z_a-z]+\)) \.\.\. (ok|FAIL|ERROR|skipped '[^.]*')")
"""What nearly all results of unittest are; they are read faster, with what they would say anyway."""
_FOOTER = re.compile(r"(FAIL|ERROR|UNEXPECTED SUCCESS): (.+)")
_FOOTER_STATUS = {"FAIL": "FAILED", "ERROR": "ERROR", "UNEXPECTED SUCCESS": "XPASS"}
_HEADINGS = ("FAIL: ", "ERROR: ", "UNEXPECTED SUCCESS: ")
_SUMMARY = tuple(f"{status} " for status in WORST_LAST)
_COMMAND = ": commands["
"""Follows the environment's name where tox starts a command."""


def parse_pytest_output(log: str) -> dict[str, str]:
    """Return the status by id from pytest's short summary, its verbose lines and its lines of subtests."""
    text = without_colours(log)
    found: dict[str, str] = {}
    subtests: list[str] = []
    is_path, outcome = cache(_is_path), cache(_outcome)  # few and many times each in one log
    for line in text.split("\n"):
        if "::" not in line:
            continue
        word, _, rest = line.partition(" ")
        path, _, name = word.partition("::")
        status = outcome(rest) if name and is_path(path) else None
        if status:
            if found.setdefault(word, status) != status:
                add_worst(found, word, status)
        elif not line.startswith(_SUMMARY):
            _read_unusual(line.rstrip(), found, subtests)
    found |= parse_test_log(text)
    for name in subtests:
        add_worst(found, name, "FAILED")
    return found


def _is_path(text: str) -> bool:
    return _PATH.fullmatch(text) is not None


def _outcome(text: str) -> str | None:
    """Return the status in what follows an id without blanks."""
    match = _OUTCOME.fullmatch(text)
    return match[1] if match else None


def _read_unusual(line: str, found: dict[str, str], subtests: list[str]) -> None:
    """Note what a line says that has blanks in its id, a reason, a worker before it, or a subtest."""
    verbose = _VERBOSE.fullmatch(line)
    worker = None if verbose else _WORKER.fullmatch(line)
    if verbose:
        add_worst(found, verbose[1], verbose[2])
    elif worker and worker[1] in WORST_LAST:
        add_worst(found, worker[2], worker[1])
    if "SUBFAIL" in line and (subtest := SUBTEST.fullmatch(line)):
        subtests.append(subtest[1])


def parse_unittest_output(log: str) -> dict[str, str]:
    """Return the status by id from the verbose output of unittest or nose.

    An id is ``test (module.Class)``, also where the result stands after a docstring on the next line, or what
    nose prints before `` ... ``.
    """
    found: dict[str, str] = {}
    pending = ""  # a test whose line has not ended yet
    for raw in without_colours(log).split("\n"):
        usual = _USUAL.fullmatch(raw) if " ... " in raw else None
        if usual:
            name, told = usual.groups()
            status = _RESULTS.get(told, "SKIPPED")
            if found.setdefault(name, status) != status:
                add_worst(found, name, status)
            pending = ""
        else:
            pending = _read_unusual_result(raw.strip(), pending, found)
    return found


def _read_unusual_result(line: str, pending: str, found: dict[str, str]) -> str:
    """Note what a line says; returns the test whose result is still to come."""
    status = None
    if " ..." in line and (parts := _split(line)):
        pending, status = _id(parts[0], pending), _status(parts[1])
    elif line.startswith(_HEADINGS) and (footer := _FOOTER.fullmatch(line)):
        add_worst(found, _id(footer[2], ""), _FOOTER_STATUS[footer[1]])
    elif pending and (status := _status(line)):
        pass
    elif " (" in line and _NAMED.fullmatch(line):
        pending = line
    if status is None:
        return pending
    add_worst(found, pending, status)
    return ""


def parse_tox_output(log: str) -> dict[str, str]:
    """Return the status by id from whatever runners tox started, over all its environments."""
    found: dict[str, str] = {}
    for part in without_colours(log).split(_COMMAND):
        for results in _any_results(part):
            found = _merged(found, results)
    return found


def _any_results(part: str) -> Iterator[dict[str, str]]:
    """Yield what one command printed: only pytest's ids hold ``::``, unittest and nose count what ran."""
    if "::" in part:
        yield parse_pytest_output(part)
    if "::" not in part or "\nRan " in part:
        yield parse_unittest_output(part)


def _merged(found: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    if not found:
        return more
    for name, status in more.items():
        add_worst(found, name, status)
    return found


def _split(line: str) -> tuple[str, str] | None:
    """Return what stands before and after the last `` ... `` of a line."""
    if line.endswith(" ..."):
        return line[:-4], ""
    named, separator, rest = line.rpartition(" ... ")
    return (named, rest.strip()) if separator else None


def _status(text: str) -> str | None:
    status = _RESULTS.get(text)
    if status is None and text.startswith(("skipped", "SKIP")) and _SKIPPED.fullmatch(text):
        return "SKIPPED"
    return status


def _id(text: str, pending: str) -> str:
    """Return the id in a text, without a subtest's parameters; the line before where this is a docstring."""
    match = _NAMED.fullmatch(text)
    if match:
        return match[1]
    return pending if " (" in pending and _NAMED.fullmatch(pending) else text

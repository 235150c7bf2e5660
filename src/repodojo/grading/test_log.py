"""Reads what each test did from the short summary that pytest prints (``-rA``, ``-rap``)."""

import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_TITLE = " short test summary info "
_RULE = re.compile(r"=+ short test summary info =+")
_END = re.compile(r"=+ .* =+|\d+ (passed|failed|error|skipped|xfailed|xpassed|deselected|warning).*")
SUBTEST = re.compile(r"(?:[\[(].*[\])] )?SUBFAIL(?:ED)?(?: ?(?:\[.*?\]|\(.*?\)))* (\S+?::.+?)(?: - .*)?")
"""A line about a subtest that fails; group 1 is its test."""
_STATUSES = frozenset({"PASSED", "FAILED", "ERROR", "XFAIL", "XPASS"})
WORST_LAST = ("XPASS", "XFAIL", "SKIPPED", "PASSED", "FAILED", "ERROR")
"""How statuses outweigh each other where a test has several."""


def parse_test_log(log: str) -> dict[str, str]:
    """Return the status of each test id named in the last short summary of a log; empty where there is none.

    A test named twice (passed, then failed in tear-down) has its worst status, and one with a failing subtest
    failed. Skipped tests are folded by pytest and have no id here.
    """
    statuses: dict[str, str] = {}
    summary = _last_summary(without_colours(log))
    has_returns = "\r" in summary
    for raw in summary.split("\n"):
        line = raw.rstrip("\r") if has_returns else raw
        status, _, text = line.partition(" ")
        if status not in _STATUSES:
            if _END.fullmatch(line):
                break
            if "SUBFAIL" in line and (subtest := SUBTEST.fullmatch(line)):
                add_worst(statuses, subtest[1], "FAILED")
        elif text and not text[0].isspace():
            name = _test_id(text)
            if statuses.setdefault(name, status) != status:
                add_worst(statuses, name, status)
    return statuses


def first_errors(log: str) -> str:
    """Return what pytest says went wrong first, or how the log ends."""
    lines = [line[1:].strip() for line in log.splitlines() if line.startswith("E  ")]
    return "; ".join(dict.fromkeys(lines))[:400] or " ".join(log.split())[-400:]


def without_colours(log: str) -> str:
    """Return a log without the sequences that colour a terminal."""
    return _ANSI.sub("", log) if "\x1b" in log else log


def add_worst(found: dict[str, str], name: str, status: str) -> None:
    """Note a test's status, unless a worse one is known."""
    found[name] = max(status, found.get(name, status), key=WORST_LAST.index)


def _last_summary(log: str) -> str:
    """Return what follows the last line that opens a summary."""
    position = log.rfind(_TITLE)
    while position >= 0:
        start, end = log.rfind("\n", 0, position) + 1, log.find("\n", position)
        if end < 0:
            end = len(log)
        if _RULE.fullmatch(log[start:end].rstrip("\r")):
            return log[end + 1 :]
        position = log.rfind(_TITLE, 0, start)
    return ""


def _test_id(text: str) -> str:
    """Cut the message that pytest puts after an id; a parametrised id ends with the last ``]`` before it."""
    if " - " not in text:
        return text.rstrip()
    head, bracket, _ = text.partition("[")
    if "::" not in text or not bracket or " - " in head:
        return text.split(" - ", 1)[0].rstrip()
    end = text.find("] - ")
    return (text if end < 0 else text[: end + 1]).rstrip()

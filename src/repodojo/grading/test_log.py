"""Reads what each test did from the short summary that pytest prints (``-rA``, ``-rap``)."""

import re

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_RULE = re.compile(r"=+ short test summary info =+")
_END = re.compile(r"=+ .* =+|\d+ (passed|failed|error|skipped|xfailed|xpassed|deselected|warning).*")
_LINE = re.compile(r"(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S.*)")
WORST_LAST = ("XPASS", "XFAIL", "SKIPPED", "PASSED", "FAILED", "ERROR")
"""How statuses outweigh each other where a test has several."""


def parse_test_log(log: str) -> dict[str, str]:
    """Return the status of each test id named in the last short summary of a log; empty where there is none.

    A test named twice (passed, then failed in tear-down) has its worst status. Skipped tests are folded by
    pytest and have no id here.
    """
    statuses: dict[str, str] = {}
    for line in _summary_lines(ANSI.sub("", log)):
        match = _LINE.fullmatch(line)
        if match:
            status, name = match[1], _test_id(match[2])
            worst = max(status, statuses.get(name, status), key=WORST_LAST.index)
            statuses[name] = worst
    return statuses


def _summary_lines(log: str) -> list[str]:
    lines = [line.rstrip("\r") for line in log.split("\n")]
    starts = [number for number, line in enumerate(lines) if _RULE.fullmatch(line)]
    if not starts:
        return []
    summary = []
    for line in lines[starts[-1] + 1 :]:
        if _END.fullmatch(line):
            break
        summary.append(line)
    return summary


def _test_id(text: str) -> str:
    """Cut the message that pytest puts after an id; a parametrised id ends with the last ``]`` before it."""
    if "::" not in text:
        return text.split(" - ", 1)[0].rstrip()
    head, bracket, _ = text.partition("[")
    if not bracket or " - " in head:
        return text.split(" - ", 1)[0].rstrip()
    end = text.find("] - ")
    return (text if end < 0 else text[: end + 1]).rstrip()

"""Reads pytest's status lines as SWE-bench's and SWE-Gym's harnesses do.

Official test lists were made by these readings, so their oddities are part of the ids: an id ends at its
first blank in `parse_pytest` and its kin and holds blanks in `parse_cleaned`. `parse_test_log` gives exact
ids.
"""

import re
from collections.abc import Iterator

STATUSES = ("FAILED", "PASSED", "SKIPPED", "ERROR", "XFAIL")
"""What a line has to start (or end) with; ``XPASS`` is none of them, so such a test has no status."""
_FOLDED = re.compile(r"\[\d+\]")
_COLOUR = re.compile(r"\[\d+m")
_CONTROLS = bytes(code for code in range(1, 32) if code != ord("\n"))
_PROGRESS = re.compile(r"FAILED[^\S\n]*\[.*?\]")


def parse_pytest(log: str) -> dict[str, str]:
    """Return the status by id, each cut at its first blank."""
    return dict(_status_lines(log))


def parse_options(log: str) -> dict[str, str]:
    """Return the status by id; a parameter that is an absolute path keeps only its last part."""
    return {_shorten_path(name): status for name, status in _status_lines(log)}


def parse_matplotlib(log: str) -> dict[str, str]:
    """Return the status by id, with mouse buttons under their numbers (their names came with Python 3.11)."""
    return parse_pytest(log.replace("MouseButton.LEFT", "1").replace("MouseButton.RIGHT", "3"))


def parse_cleaned(log: str) -> dict[str, str]:
    """Return the status by id with its blanks, without colours; older pytest puts the status last."""
    found = {}
    for line in _clean(log).split("\n"):
        if line.startswith(STATUSES):
            kept = line.split(" - ", 1)[0] if line.startswith("FAILED") else line
            words = kept.split()
            if len(words) > 1 and not _is_folded(words):
                found[" ".join(words[1:])] = words[0]
        elif line.endswith(STATUSES):
            words = line.split()
            if len(words) > 1:
                found[" ".join(words[:-1])] = words[-1]
    return found


def parse_pydantic(log: str) -> dict[str, str]:
    """Return the status by id cut at its first blank, without colours and progress (SWE-Gym's harness)."""
    found = {}
    for line in _PROGRESS.sub("FAILED", _clean(log)).split("\n"):
        if line.startswith(STATUSES):
            words = _words(line)
            if len(words) > 1 and not _is_folded(words):
                found[words[1]] = words[0]
        elif line.endswith(STATUSES):
            words = line.split(None, 2)
            if len(words) > 1:
                found[words[0]] = words[1]
    return found


def _status_lines(log: str) -> Iterator[tuple[str, str]]:
    for line in log.split("\n"):
        if line.startswith(STATUSES):
            words = _words(line)
            if len(words) > 1 and not _is_folded(words):
                yield words[1], words[0]


def _words(line: str) -> list[str]:
    """Split off the status and the id; a dash between them is no id of what failed."""
    words = line.split(None, 2)
    if words[1:2] == ["-"] and line.startswith("FAILED"):
        return line.replace(" - ", " ").split(None, 2)
    return words


def _is_folded(words: list[str]) -> bool:
    """Tell ``SKIPPED [2] file:line: reason``, where the number stands for tests without an id."""
    return words[1][0] == "[" and words[0] == "SKIPPED" and _FOLDED.fullmatch(words[1]) is not None


def _shorten_path(name: str) -> str:
    if "[/" not in name and name.endswith("]"):
        return name
    start, end = name.find("["), name.rfind("]")
    if not 0 <= start < end:
        return name
    option = name[start + 1 : end]
    if option.startswith("/") and not option.startswith("//") and "*" not in option:
        option = "/" + option.rpartition("/")[2]
    return f"{name[:start]}[{option}]"


def _clean(log: str) -> str:
    """Remove colours and control characters, line ends apart."""
    data = _COLOUR.sub("", log).encode(errors="surrogatepass")
    return data.translate(None, _CONTROLS).decode(errors="surrogatepass")

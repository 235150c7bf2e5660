"""Reads the log of one evaluation that some harness saved: which part holds the tests, and whether it counts.

Two layouts: the log between a start and an end marker (swebench from 3.0 on), and the 2023 harness's own
record of every command, in which the tests come after ``>>>>> Applied Patch (pred)``.
"""

import re
from typing import NamedTuple

from repodojo.grading.infrastructure import find_cause
from repodojo.grading.log_parsers import LogParser
from repodojo.grading.rules import Rule
from repodojo.grading.test_log import without_colours

START, END = ">>>>> Start Test Output", ">>>>> End Test Output"
_APPLIED = ">>>>> Applied Patch"
_FAULTS = (
    (">>>>> Patch Apply Failed", "patch_does_not_apply"),
    (">>>>> Reset Failed", "reset_failed"),
    (">>>>> Tests Timed Out", "timeout"),
    (">>>>> Tests Errored", "tests_errored"),
)
"""Markers of a harness, and what they say; the first one counts."""
_EXIT_CODE = re.compile(r">>>>> Test Exit Code:\s*(-?\d+)")
_UNMEASURED = frozenset({"reset_failed", "tests_errored", "no_test_output", "cut_test_output"})
"""Faults that are the harness's own."""


class Reading(NamedTuple):
    """What a saved log says."""

    statuses: dict[str, str]
    """By test id; empty where there is a fault."""
    fault: str = ""
    """Why nothing can be said about the tests."""
    measured: bool = True
    """False where the fault says nothing about the patch."""


def read_log(log: str, parse: LogParser, rule: Rule = "swebench") -> Reading:
    """Read the statuses in a saved log as the harness of a rule does.

    ``swegym`` reads the whole log and asks for the words "applied patch" in it, as SWE-Gym's fork does.
    """
    text = log.replace("\r\n", "\n").replace("\r", "\n") if "\r" in log else log
    for marker, fault in _FAULTS:
        if marker in text:
            return _faulty(fault)
    recorded = _APPLIED in text and START not in text
    if rule == "swegym" or recorded:
        return _read_recorded(text, parse)
    if START not in text or END not in text:
        return _faulty(*_explain(text, "cut_test_output" if START in text else "no_test_output"))
    return _read_marked(text, parse)


def decode(data: bytes) -> str:
    """Return a log's text; bytes that are no UTF-8 become replacement characters."""
    return data.decode("utf-8", errors="replace")


def _read_recorded(text: str, parse: LogParser) -> Reading:
    if "Failed to reset task environment" in text:
        return _faulty("reset_failed")
    if "applied patch" not in text.lower():
        return _faulty(*_explain(text, "no_test_output"))
    statuses = parse(text.rpartition(f"{_APPLIED} (pred)")[2])
    return Reading(statuses) if statuses else _faulty(*_explain(text, "no_results"))


def _read_marked(text: str, parse: LogParser) -> Reading:
    """Read between the markers, or everywhere if the shell printed them too early (SWE-bench issue 402)."""
    inside = text.split(START, 2)[1].split(END, 1)[0]
    statuses = parse(inside) or parse(text)
    if not statuses:
        return _faulty(*_explain(text, "no_results"))
    code = _EXIT_CODE.search(text)
    failed = not {"FAILED", "ERROR"}.isdisjoint(statuses.values())
    if code and int(code[1]) != 0 and not failed:
        return _faulty("exit_code_disagrees")
    return Reading(statuses)


def _explain(text: str, fault: str) -> tuple[str, bool]:
    """Return the cause that the text names, else the fault, and whether the patch can be to blame."""
    cause = find_cause(without_colours(text))
    if cause is None:
        return fault, fault not in _UNMEASURED
    return cause.name, not cause.certain


def _faulty(fault: str, measured: bool | None = None) -> Reading:
    return Reading({}, fault, fault not in _UNMEASURED if measured is None else measured)

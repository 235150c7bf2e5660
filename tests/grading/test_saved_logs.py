"""Logs as harnesses save them: which part counts, and what is wrong with the others."""

import pytest

from repodojo.grading.log_parsers.pytest_lines import parse_pytest
from repodojo.grading.saved_logs import END, START, Reading, decode, read_log

LINE = "PASSED t.py::test_x\n"
FOUND = Reading({"t.py::test_x": "PASSED"})
RECORDED = ">>>>> Applied Patch (pred_try)\nFAILED t.py::test_x\n>>>>> Applied Patch (pred)\n"


def marked(inside, before="", after=""):
    return f"{before}+ : '{START}'\n{inside}+ : '{END}'\n{after}"


def test_only_what_is_between_the_markers_counts():
    assert read_log(marked(LINE, "FAILED t.py::test_x\n", "FAILED t.py::test_x\n"), parse_pytest) == FOUND


def test_results_outside_the_markers_count_where_there_are_none_inside():
    assert read_log(marked("", LINE), parse_pytest) == FOUND


def test_a_log_of_the_2023_harness_is_read_after_its_last_patch():
    """swebench 5.0.2 finds no markers in it and calls every such log unresolved."""
    assert read_log(RECORDED + LINE, parse_pytest) == FOUND


def test_a_log_of_the_2023_harness_that_could_not_reset():
    reading = read_log(RECORDED + LINE + "Failed to reset task environment", parse_pytest)
    assert (reading.fault, reading.measured) == ("reset_failed", False)


@pytest.mark.parametrize(
    ("log", "fault", "measured"),
    [
        (marked(LINE, ">>>>> Patch Apply Failed\n"), "patch_does_not_apply", True),
        (marked(LINE, ">>>>> Reset Failed\n"), "reset_failed", False),
        (marked(LINE, ">>>>> Tests Errored\n"), "tests_errored", False),
        (marked(LINE, "", ">>>>> Tests Timed Out after 900 seconds\n"), "timeout", True),
        (f"{START}\n{LINE}", "cut_test_output", False),
        (f"{START}\n{LINE}Timeout error: 1800 seconds exceeded.", "timeout", True),
        (LINE, "no_test_output", False),
        ("", "no_test_output", False),
        (marked("nothing\n"), "no_results", True),
        (marked("E   ModuleNotFoundError: No module named 'x'\n"), "missing_module", True),
        (marked("collected 0 items / 1 error\n"), "no_tests_collected", True),
        (marked("OSError: [Errno 28] No space left on device\n"), "out_of_disk", False),
        (marked("\x1b[31mKilled\x1b[0m\n"), "out_of_memory", False),
        (marked("Temporary failure in name resolution\n"), "network_unreachable", False),
        (marked(LINE, "", ">>>>> Test Exit Code: 1\n"), "exit_code_disagrees", True),
        (RECORDED.replace("FAILED", ""), "no_results", True),
    ],
)
def test_a_log_without_a_result_says_why(log, fault, measured):
    assert read_log(log, parse_pytest) == Reading({}, fault, measured)


def test_an_exit_code_that_failures_explain_is_no_fault():
    log = marked(LINE + "FAILED t.py::test_y\n", "", ">>>>> Test Exit Code: 1\n")
    assert read_log(log, parse_pytest).statuses == {"t.py::test_x": "PASSED", "t.py::test_y": "FAILED"}
    assert read_log(marked(LINE, "", ">>>>> Test Exit Code: 0\n"), parse_pytest) == FOUND


def test_the_papers_harness_reads_the_whole_log_and_wants_an_applied_patch():
    assert read_log("Applied patch t.py cleanly.\n" + LINE, parse_pytest, "swegym") == FOUND
    assert read_log(LINE, parse_pytest, "swegym").fault == "no_test_output"


def test_words_of_a_lost_machine_beside_results_excuse_no_exit_code():
    """A patch can print them with the results that it makes up, and would be *not measured*."""
    log = marked("Killed\n" + LINE, "", ">>>>> Test Exit Code: 1\n")
    assert read_log(log, parse_pytest) == Reading({}, "exit_code_disagrees", measured=True)


def test_line_ends_of_another_system_are_line_ends():
    assert read_log(marked(LINE).replace("\n", "\r\n"), parse_pytest) == FOUND
    assert read_log(marked("50%\r" + LINE), parse_pytest) == FOUND


def test_bytes_that_are_no_utf8_do_not_end_the_reading():
    """They end swebench 5.0.2 with a UnicodeDecodeError."""
    assert read_log(decode(marked(LINE).encode() + b"\xff\xfe"), parse_pytest) == FOUND

"""Output of Django's runner: results on their line, after other output, and in tracebacks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.log_parsers.django import parse_django

PATTERNS = (
    r"^(.*?)\s\.\.\.\sTesting\ against\ Django\ installed\ in\ ((?s:.*?))\ silenced\)\.\nok$",
    r"^(.*?)\s\.\.\.\sInternal\ Server\ Error:\ \/(.*)\/\nok$",
    r"^(.*?)\s\.\.\.\sSystem check identified no issues \(0 silenced\)\nok$",
)
PIECES = (
    "a (m.C)",
    " ... ",
    " ...\n",
    "ok",
    "\nok\n",
    "\n",
    "Testing against Django installed in 'x'",
    "\nSystem check identified no issues (0 silenced).",
    "System check identified no issues (0 silenced)",
    "Internal Server Error: /a/",
    "/",
    " ",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_interruptions_are_those_of_the_three_patterns(log):
    named = {match[1] for pattern in PATTERNS for match in re.finditer(pattern, log, re.MULTILINE)}
    assert {name for name, status in parse_django(log).items() if status == "PASSED"} >= named
    without = log.replace("ok", "no")
    assert parse_django(without) == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("test_a (m.C) ... ok", {"test_a (m.C)": "PASSED"}),
        ("test_a (m.C) ... OK", {"test_a (m.C)": "PASSED"}),
        ("test_a (m.C) ...  OK", {"test_a (m.C)": "PASSED"}),
        ("Doc (with dots ... inside) ... ok", {"Doc (with dots ... inside)": "PASSED"}),
        ("test_a (m.C) ... skipped 'no ... reason'", {"test_a (m.C)": "SKIPPED"}),
        ("test_a (m.C) ... FAIL", {"test_a (m.C)": "FAILED"}),
        ("test_a (m.C) ... ERROR", {"test_a (m.C)": "ERROR"}),
        ("FAIL: test_a (m.C) [case]", {"test_a": "FAILED"}),
        ("ERROR: m.tests (unittest.loader._FailedTest)", {"m.tests": "ERROR"}),
        ("test_a (m.C) ... expected failure", {}),
        ("--version is equivalent to version ... x", {"--version is equivalent to version": "PASSED"}),
        (
            "Applying sites.0002_alter_domain_unique...test_no_migrations (m.C) ... ok",
            {"test_no_migrations (m.C)": "PASSED"},
        ),
    ],
)
def test_one_line(line, found):
    assert parse_django(line) == found


def test_ok_on_a_later_line_belongs_to_the_last_named_test():
    log = "test_a (m.C) ... Importing application\nanything\nok\ntest_b (m.C) ... ok"
    assert parse_django(log) == {"test_a (m.C)": "PASSED", "test_b (m.C)": "PASSED"}


def test_a_docstring_stands_for_the_test_below_its_name():
    log = "test_a (m.C)\nWhat it is about. ... ok"
    assert parse_django(log) == {"What it is about.": "PASSED"}


def test_output_that_runs_into_a_line_does_not_hide_a_pass():
    log = (
        "test_a (m.C) ... Testing against Django installed in '/opt/django' with up to 2 processes\n"
        "Importing application shell\nSystem check identified no issues (0 silenced).\nok"
    )
    assert parse_django(log) == {"test_a (m.C)": "PASSED"}


def test_fail_without_a_name_says_nothing():
    """It ends swebench 5.0.2 with an IndexError."""
    assert parse_django("FAIL:\nERROR: \ntest_a (m.C) ... ok") == {"test_a (m.C)": "PASSED"}

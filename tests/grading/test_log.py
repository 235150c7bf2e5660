"""Reading pytest's short summary; whatever a log holds, it never raises and never invents."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.test_log import parse_test_log

RULE = "=========================== short test summary info ============================"
STATUSES = ("PASSED", "FAILED", "ERROR", "XFAIL", "XPASS")
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
PARAMETERS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\\[]"), max_size=12
)
PLAIN_IDS = st.builds(lambda file, test: f"tests/{file}.py::test_{test}", WORDS, WORDS)
IDS = PLAIN_IDS | st.builds(lambda name, parameter: f"{name}[{parameter}]", PLAIN_IDS, PARAMETERS)
MESSAGES = st.text(
    st.characters(codec="ascii", exclude_categories=["C"], exclude_characters="]"), max_size=40
)


def summary(statuses, messages):
    lines = []
    for (name, status), message in zip(statuses.items(), messages, strict=False):
        lines.append(f"{status} {name}" + (f" - {message}" if message.strip() else ""))
    return "\n".join(["some output", RULE, *lines, "=== 1 passed in 0.1s ===", ""])


@given(
    st.dictionaries(IDS, st.sampled_from(STATUSES), max_size=8), st.lists(MESSAGES, min_size=8, max_size=8)
)
def test_what_a_summary_says_is_read(statuses, messages):
    assert parse_test_log(summary(statuses, messages)) == statuses


@given(st.text())
def test_any_text_is_survived(text):
    assert set(parse_test_log(text).values()) <= set(STATUSES)


@given(st.text())
def test_without_the_heading_nothing_is_believed(text):
    log = text.replace("short test summary info", "")
    assert parse_test_log(log + "\nPASSED tests/a.py::test_a\n") == {}


def test_colours_and_carriage_returns_are_stripped():
    log = f"\x1b[36m\x1b[1m{RULE}\x1b[0m\r\n\x1b[32mPASSED\x1b[0m tests/a.py::\x1b[1mtest_a\x1b[0m\r\n"
    assert parse_test_log(log) == {"tests/a.py::test_a": "PASSED"}


def test_only_the_last_summary_counts():
    log = f"{RULE}\nPASSED a.py::test_a\n=== 1 passed in 1s ===\n{RULE}\nFAILED a.py::test_a - assert 0\n"
    assert parse_test_log(log) == {"a.py::test_a": "FAILED"}


def test_a_line_printed_by_a_test_before_the_summary_is_not_a_status():
    assert parse_test_log(f"PASSED a.py::test_a\n{RULE}\nFAILED a.py::test_a\n") == {"a.py::test_a": "FAILED"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("PASSED a.py::t\nERROR a.py::t - teardown", {"a.py::t": "ERROR"}),
        ("ERROR a.py::t - teardown\nPASSED a.py::t", {"a.py::t": "ERROR"}),
        ("FAILED a.py::t[x - y] - boom", {"a.py::t[x - y]": "FAILED"}),
        ("FAILED a.py::t - a[0] - b", {"a.py::t": "FAILED"}),
        ("ERROR tests/a.py - ImportError: no", {"tests/a.py": "ERROR"}),
        ("ERROR tests/a.py", {"tests/a.py": "ERROR"}),
        ("SKIPPED [1] a.py:3: reason", {}),
        ("PASSED ", {}),
        ("NOPE a.py::t", {}),
        ("", {}),
    ],
)
def test_difficult_lines(lines, expected):
    assert parse_test_log(f"{RULE}\n{lines}\n") == expected


SUITE = """
import pytest

def test_pass(): pass
def test_fail(): assert 0, "why - not"
def test_skip(): pytest.skip("no")
@pytest.mark.xfail
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
@pytest.fixture
def bad(): raise ValueError
def test_setup(bad): pass
@pytest.fixture
def late():
    yield
    raise ValueError
def test_teardown(late): pass
@pytest.mark.parametrize("x", ["a b", "c-d", "e::f", "ü", "[g]"])
def test_parameters(x): pass
"""


def test_the_log_of_a_real_run_is_read(tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rap",
        "-p",
        "no:cacheprovider",
        "--color=yes",
        "test_suite.py",
    ]
    log = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    statuses = {name.removeprefix("test_suite.py::"): status for name, status in parse_test_log(log).items()}
    assert statuses == {
        "test_pass": "PASSED",
        "test_fail": "FAILED",
        "test_xfail": "XFAIL",
        "test_xpass": "XPASS",
        "test_setup": "ERROR",
        "test_teardown": "ERROR",
        "test_parameters[a b]": "PASSED",
        "test_parameters[c-d]": "PASSED",
        "test_parameters[e::f]": "PASSED",
        "test_parameters[\\xfc]": "PASSED",
        "test_parameters[[g]]": "PASSED",
    }


@pytest.mark.parametrize(
    "line",
    [
        "SUBFAIL a.py::test_a - assert 0",
        "[of two] (i=1) SUBFAIL a.py::test_a - assert 0",
        "SUBFAILED(i=1) a.py::test_a - assert 0",
        "SUBFAILED[of two] (i='x') a.py::test_a - assert 0",
        "(<subtest>) SUBFAIL a.py::test_a",
    ],
)
def test_a_failing_subtest_fails_its_test_and_is_no_test_of_its_own(line):
    log = f"{RULE}\nPASSED a.py::test_a\nPASSED a.py::test_b\n{line}\n=== 2 failed, 1 passed in 1s ===\n"
    assert parse_test_log(log) == {"a.py::test_a": "FAILED", "a.py::test_b": "PASSED"}

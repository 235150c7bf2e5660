"""Status lines as pytest prints them, read as the harnesses that made the official lists read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.log_parsers.pytest_lines import (
    STATUSES,
    parse_cleaned,
    parse_matplotlib,
    parse_options,
    parse_pydantic,
    parse_pytest,
)

ALL = (parse_pytest, parse_options, parse_matplotlib, parse_cleaned, parse_pydantic)
PIECES = [*" -:[]/\n\t\x1b", "FAILED", "PASSED", "SKIPPED", "a::b", "[31m"]
IDS = ["t.py", *(f"tests/t.py::test_{name}" for name in ("x", "y[1]", "y[a-b]", "y[]", "z[a/b]", "[1"))]


@given(st.dictionaries(st.sampled_from(IDS), st.sampled_from(STATUSES)))
def test_every_status_line_is_read(statuses):
    log = "".join(f"noise\n{status} {name}\n" for name, status in statuses.items())
    for parse in ALL:
        assert parse(log) == statuses


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_no_text_makes_a_parser_fail(text):
    for parse in ALL:
        assert all(name and status for name, status in parse(text).items())


def test_an_id_with_blanks_is_cut_as_in_the_official_lists():
    log = "PASSED t.py::test_x[a b]\nFAILED t.py::test_y[c d] - assert 1 - 2"
    assert parse_pytest(log) == {"t.py::test_x[a": "PASSED", "t.py::test_y[c": "FAILED"}
    assert parse_cleaned(log) == {"t.py::test_x[a b]": "PASSED", "t.py::test_y[c d]": "FAILED"}


def test_folded_skips_are_no_test():
    log = "SKIPPED [2] t.py:3: no network\nSKIPPED t.py::test_x\nPASSED [100%]"
    expected = {"t.py::test_x": "SKIPPED", "[100%]": "PASSED"}
    assert parse_pytest(log) == parse_options(log) == parse_cleaned(log) == expected


def test_a_status_without_an_id_is_no_test():
    log = "PASSED\nFAILED \nERRORS\n"
    assert parse_pytest(log) == parse_options(log) == parse_cleaned(log) == parse_pydantic(log) == {}


def test_xpass_has_no_status():
    assert parse_pytest("XPASS t.py::test_x\nXFAIL t.py::test_y - later") == {"t.py::test_y": "XFAIL"}


def test_the_last_status_of_a_test_counts():
    assert parse_pytest("PASSED t.py::test_x\nERROR t.py::test_x - teardown") == {"t.py::test_x": "ERROR"}


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("/tmp/a/b.py", "/b.py"),
        ("//host/b", "//host/b"),
        ("/a/*", "/a/*"),
        ("a/b", "a/b"),
        ("", ""),
    ],
)
def test_a_path_as_parameter_keeps_its_last_part(option, kept):
    assert parse_options(f"PASSED t.py::test_x[{option}]") == {f"t.py::test_x[{kept}]": "PASSED"}


def test_a_bracket_that_never_closes_is_left_alone():
    assert parse_options("PASSED t.py::x[/a/b c]\nPASSED t.py::]y[") == {
        "t.py::x[/a/b": "PASSED",
        "t.py::]y[": "PASSED",
    }


def test_equal_shortened_paths_have_the_later_status():
    log = "PASSED t.py::x[/a/c]\nPASSED t.py::x[/b/c]\nFAILED t.py::x[/a/c]"
    assert parse_options(log) == {"t.py::x[/c]": "FAILED"}


def test_mouse_buttons_have_their_numbers():
    log = "PASSED t.py::test_x[MouseButton.LEFT]\nPASSED t.py::test_x[MouseButton.RIGHT-1]"
    assert list(parse_matplotlib(log)) == ["t.py::test_x[1]", "t.py::test_x[3-1]"]


def test_colours_and_control_characters_are_no_part_of_a_line():
    log = "\x1b[32mPASSED\x1b[0m t.py::\x1b[1mtest_x\x1b[0m\n\x1b[31mFAILED\x1b[0m t.py::test_y - \x07no"
    assert parse_cleaned(log) == {"t.py::test_x": "PASSED", "t.py::test_y": "FAILED"}
    assert parse_pytest(log) == {}


def test_older_pytest_puts_the_status_last():
    assert parse_cleaned("t.py::test_x[a b] PASSED\nPASSED\n") == {"t.py::test_x[a b]": "PASSED"}


def test_pydantic_prints_progress_between_status_and_id():
    log = "t.py::test_x PASSED\nFAILED [ 50%] t.py::test_y - assert 0\nPASSED t.py::test_z[a b]"
    assert parse_pydantic(log) == {
        "t.py::test_x": "PASSED",
        "t.py::test_y": "FAILED",
        "t.py::test_z[a": "PASSED",
    }

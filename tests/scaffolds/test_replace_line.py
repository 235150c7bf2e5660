import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.scaffolds.bash_only.replace_line import rebase, replace

LINES = [
    "def f(a):",
    "    return scale(value, precision - 1) + unit",
    "    if not callable(key):",
    "x = 1",
    "x = 1",
]
text = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=30)


@given(text, text)
def test_a_change_of_a_line_that_is_there_is_made_as_given(old: str, new: str) -> None:
    if old != new:
        assert replace(["b", old, "b"], 2, old, new) == (1, new)


@given(text.filter(bool), text)
def test_a_change_rebased_on_its_own_line_gives_the_new_one(old: str, new: str) -> None:
    assert rebase(old, new, old) == new


@pytest.mark.parametrize(
    ("old", "new", "place", "changed"),
    [
        (
            "  return scale(value), digits = 3 - 1)",
            "  return scale(value), digits = 3 + 1)",
            1,
            "+ 1) + unit",
        ),
        ("    if callable(key, seq):", "    if x and callable(key, seq):", 2, "if x and not callable(key):"),
        ("x = 1", "x = 2", 3, "x = 2"),
    ],
)
def test_a_miscopied_line_takes_its_change_to_the_line_most_like_it(
    old: str, new: str, place: int, changed: str
) -> None:
    found, line = replace(LINES, 1, old, new)
    assert found == place
    assert line.endswith(changed)


def test_of_equal_lines_the_first_from_the_place_on_changes() -> None:
    assert replace(LINES, 5, "x = 1", "x = 2") == (4, "x = 2")
    assert replace(LINES, 9, "x = 1", "x = 2") == (3, "x = 2")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("import os", "import sys", "no line is: import os"),
        ("    if not callable(other):", "    if not callable(third):", "no line is"),
        ("x = 1", "x = 1", "nothing changes in: x = 1"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(LINES, 1, old, new)

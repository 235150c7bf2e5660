import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.scaffolds.bash_only import replace_line
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
        ("    if callable(key, seq):", "    if callable(key, seq) and x:", 2, "if not callable(key) and x:"),
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
        ("    if callable(key, seq):", "    if x and callable(key, seq):", "no line is"),
        ("    return scale(precision) + unit", "    return 2", "no line is"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(LINES, 1, old, new)


def change(path: Path, given: bytes) -> tuple[int, bytes]:
    """Run the script as a sandbox does; return its exit code and what it said."""
    command = [sys.executable, "-IS", replace_line.__file__, str(path), "1"]
    done = subprocess.run(
        command,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        env={"LC_ALL": "C"},
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        (b"a = 1\nb = 2", b"b = 2\nb = 3\n", b"a = 1\nb = 3"),
        (b"a = 1\r\nb = 2\r\n", b"b = 2\nb = 3\n", b"a = 1\r\nb = 3\r\n"),
        (b"a = '\xe9'\nb = 2\n", b"b = 2\nb = 3\n", b"a = '\xe9'\nb = 3\n"),
        (b"name = '\xe9' + 1\n", b"nam = '\xe9' + 1\nnam = '\xe9' - 1\n", b"name = '\xe9' - 1\n"),
    ],
)
def test_the_rest_of_a_file_stays_as_it_is(tmp_path: Path, before: bytes, given: bytes, after: bytes) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(before)
    code, said = change(path, given)
    assert (code, path.read_bytes()) == (0, after), said


@pytest.mark.parametrize(
    ("given", "told"),
    [(b"b = 2\n", b"expected two lines"), (b"", b"expected two lines"), (b"import os\nx\n", b"no line is")],
)
def test_a_refusal_leaves_the_file(tmp_path: Path, given: bytes, told: bytes) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(b"b = 2\n")
    code, said = change(path, given)
    assert code == 1
    assert told in said
    assert path.read_bytes() == b"b = 2\n"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert b"No such file" in change(tmp_path / "gone.py", b"a\nb\n")[1]

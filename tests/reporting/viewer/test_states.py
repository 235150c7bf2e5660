"""The state of the repository after each turn, from the commands and the last patch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.reporting.viewer.states import (
    CLEAN,
    first_fix,
    may_edit,
    patch_state,
    patch_states,
    repository_states,
)
from repodojo.types import Trajectory, Turn


def attempt(*commands: str | None, patch: str = "") -> Trajectory:
    turns = tuple(Turn(command, 0, 1, 1, "stop", 0.0, 0.0) for command in commands)
    return Trajectory(*("i.0", "i", "p", "s", 0, 0.0, 0), (), turns, patch, "Submitted")


@pytest.mark.parametrize(
    "part",
    [
        *(
            "ls -l",
            "grep -rn 'a b' src",
            "cat x 2>/dev/null",
            "sed -n 1,5p x",
            "python -m pytest -x",
            "cd src",
        ),
        *(
            "git diff",
            "find . -name '*.py'",
            "echo done",
            "LANG=C sort x",
            "python /tmp/r.py 2>&1",
            "",
            "# nothing",
        ),
        *("cat x > /tmp/copy", "pytest 2>&1"),
    ],
)
def test_looking_changes_nothing(part: str) -> None:
    assert not may_edit(part)


@pytest.mark.parametrize(
    "part",
    [
        *(
            "sed -i 's/a/b/' x",
            "sed -ni p x",
            "echo x > y",
            "cat >> y",
            "python fix.py",
            "git apply p",
            "rm x",
        ),
        *(
            "find . -name x -delete",
            "tee x",
            "echo 'unbalanced",
            "sed 's/a/b/' x > x2",
            "python -c 'open(1)'",
        ),
    ],
)
def test_what_may_edit_counts_as_an_edit(part: str) -> None:
    assert may_edit(part)


def test_states_follow_the_edits() -> None:
    states = repository_states(attempt("ls", None, "sed -i s/a/b/ x", "cat x", "sed -i s/b/c/ x; ls"))
    assert states[:2] == (CLEAN, CLEAN)
    assert states[2] == states[3] != CLEAN
    assert len({*states}) == 3


def test_throwing_edits_away_is_clean_again_and_the_order_of_tries_does_not_matter() -> None:
    one = repository_states(attempt("sed -i 1d x", "git checkout -q .; sed -i 2d x", "git reset --hard"))
    other = repository_states(attempt("sed -i 2d x", "git checkout .; sed -i 1d x"))
    assert one[:2] == other[::-1]
    assert one[2] == CLEAN


def call(name: str, **parameters: str) -> str:
    lines = [f"<parameter={key}>{value}</parameter>" for key, value in parameters.items()]
    return "\n".join([f"<function={name}>", *lines, "</function>"])


def test_calls_of_tools_edit_as_their_commands_do() -> None:
    states = repository_states(
        attempt(
            call("str_replace_editor", command="view", path="/w/x"),
            call("execute_bash", command="sed -i 1d x"),
            call("str_replace_editor", command="insert", path="/w/x", new_str="y"),
            call("finish"),
        )
    )
    assert states[0] == CLEAN
    assert states[1] == repository_states(attempt("sed -i 1d x"))[0]
    assert len({*states}) == 3
    assert states[2] == states[3]


def test_the_same_command_on_another_file_is_another_state() -> None:
    one = repository_states(attempt("f=a.py; sed -i 1d $f"))
    assert one == repository_states(attempt("f=a.py", "ls", "sed -i 1d ${f}"))[2:]
    assert one != repository_states(attempt("f=b.py; sed -i 1d $f"))


def test_the_state_of_a_fix_has_the_name_of_its_patch_in_every_attempt() -> None:
    won = attempt("sed -i 1d x", "git checkout -q .; sed -i 2d x", patch="fixed")
    lost = attempt("sed -i 2d x", "git checkout -q .; sed -i 3d x", patch="broken")
    states = patch_states([won, lost])
    fixes = frozenset({patch_state("fixed")})
    assert first_fix(states[0], fixes) == 1
    assert first_fix(states[1], fixes) == 0, "the fix appeared, and was taken back"
    assert states[1][1] == patch_state("broken")
    assert first_fix((), fixes) is None


@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=6), st.text(max_size=5))
def test_any_command_has_a_state(commands: list[str | None], patch: str) -> None:
    (states,) = patch_states([attempt(*commands, patch=patch)])
    assert len(states) == len(commands)
    assert all(state == CLEAN or len(state) == 12 for state in states)

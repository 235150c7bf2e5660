"""What a command sets in the persistent shell must not reach what runs the next one."""

import pytest

WAIT_S = 30


def ask(sandbox, command):
    result = sandbox.execute(command, WAIT_S)
    assert not result.timed_out
    return result.output


@pytest.mark.parametrize("letters", ["0123456789", "abcdef", "''"])
def test_letters_that_split_words_split_no_status_and_no_length(sandbox, letters):
    """The shell split its own numbers by them, and its command ran into its time limit."""
    assert sandbox.execute(f"IFS={letters}", WAIT_S).exit_code == 0
    assert ask(sandbox, "echo works; (exit 3)") == b"works\n"
    assert ask(sandbox, f'echo "$?"; : {"1" * 70_000}; printf ü-') == "3\nü-".encode()


def test_a_locale_that_may_not_be_changed_changes_no_command(sandbox):
    """Letters were counted where bytes were meant: a command came late, after a message of the shell's."""
    assert ask(sandbox, "export LC_ALL=C.UTF-8; readonly LC_ALL IFS") == b""
    for text in ("ü" * 9, "ü" * 40_000, r"\n\\ü\c \0101", "a" * 70_000):
        assert ask(sandbox, f"cat <<'E'\n{text}\nE") == f"{text}\n".encode()


def test_a_trap_on_errors_prints_nothing_into_the_next_command(sandbox):
    sandbox.execute("trap 'echo failed' ERR; false", WAIT_S)
    assert ask(sandbox, "echo $?; echo next") == b"1\nnext\n"


def test_a_job_in_a_folder_too_deep_to_have_a_path_prints_into_no_later_command(sandbox):
    sandbox.execute("for n in {1..30}; do mkdir -p $(printf 'd%.0s' {1..200}); cd d*; done", WAIT_S)
    sandbox.execute("(sleep 0.3; echo late; echo done > /tmp/flag) &", WAIT_S)
    assert ask(sandbox, "echo now; until [ -e /tmp/flag ]; do sleep 0.1; done") == b"now\n"


def test_functions_named_as_builtins_take_no_output(sandbox):
    """A function in place of exec kept a command's output from where it was listened to."""
    names = ("exec", "eval", "read", "printf", "unset", "exit", "trap", "cd", "return", "set", "[")
    sandbox.execute("".join(f"{name}() {{ echo evil; }}; " for name in names) + "sleep 99 &", WAIT_S)
    for _ in range(2):
        assert ask(sandbox, f"echo works; sleep 99 & : {'1' * 70_000}") == b"works\n"
        assert ask(sandbox, "echo works") == b"works\n"

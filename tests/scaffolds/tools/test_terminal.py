import pytest

from repodojo.environments.sandbox import Sandbox
from repodojo.scaffolds.tools.commands import split_commands
from repodojo.scaffolds.tools.terminal import as_on_terminal, execute_bash


def shown(sandbox: Sandbox, command: str, timeout_s: float = 20.0) -> tuple[str, int | None]:
    text, code, _ = execute_bash(command, sandbox, timeout_s)
    return text, code


@pytest.fixture
def python(sandbox: Sandbox) -> str:
    return sandbox.run("command -v python", 10).text.strip()


def end(python: str, folder: str = "/testbed", code: int = 0) -> str:
    prompt = f"[Python Interpreter: {python}]\ndojo@openhands-workspace:{folder} $ "
    return f"{prompt}\n[Command finished with exit code {code}]"


@pytest.mark.parametrize(
    ("command", "output", "folder", "code"),
    [
        ("ls docs", "more\r\nuse.md", "/testbed", 0),
        ("cd docs", "", "/testbed/docs", 0),
        ("printf x", "x", "/testbed", 0),
        ("cd ~", "", "~", 0),
        ("grep -c none words.py", "0", "/testbed", 1),
        ("echo 'a\nb'", "a\r\nb", "/testbed", 0),
    ],
)
def test_a_command_its_output_and_a_prompt(
    sandbox: Sandbox, python: str, command: str, output: str, folder: str, code: int
) -> None:
    expected = f"{command}\r\n{output}".rstrip("\r\n") + end(python, folder, code)
    assert shown(sandbox, command) == (expected, code)


def test_folder_and_variables_carry_over_and_nothing_is_added(sandbox: Sandbox) -> None:
    shown(sandbox, "cd docs; export A=1")
    assert "1 /testbed/docs\r\n" in shown(sandbox, "echo $A $PWD\nset | grep -c openhands-workspace")[0]
    assert shown(sandbox, "compgen -v | grep '^p$'")[1] == 1


def test_commands_on_lines_of_their_own_run_until_one_fails(sandbox: Sandbox, python: str) -> None:
    text, code = shown(sandbox, "pwd\nfalse\ntouch never")
    assert text == "pwd\r\n/testbed\r\n\r\n\r\nfalse" + end(python, code=1)
    assert code == 1
    assert shown(sandbox, "ls never")[1] == 2


def test_without_python_the_prompt_follows_the_output(sandbox: Sandbox) -> None:
    text, _ = shown(sandbox, "PATH=/nowhere; echo a")
    assert text == (
        "PATH=/nowhere; echo a\r\na\r\n\r\ndojo@openhands-workspace:/testbed $ "
        "\n[Command finished with exit code 0]"
    )


def test_a_command_that_takes_too_long_is_interrupted_and_said_so(sandbox: Sandbox, python: str) -> None:
    text, code = shown(sandbox, "echo a; sleep 30", 0.3)
    assert text == (
        "echo a; sleep 30\r\na\r\n\r\n\r\n[Command timed out after 0.3 seconds. "
        "SIGINT was sent to interrupt the command.]" + end(python, code=130)
    )
    assert code is None
    assert shown(sandbox, "echo on")[1] == 0


def test_nothing_runs_that_could_be_read_on_or_interrupted(sandbox: Sandbox, python: str) -> None:
    assert shown(sandbox, "") == ("\n[Command finished with exit code -1]", -1)
    text, code = shown(sandbox, "ctrl+c")
    assert text == "ctrl+c\r\n\r\n\r\n[SIGINT was sent to interrupt the command.]" + end(python, code=130)
    assert code == 130


def test_colours_are_left_out() -> None:
    assert as_on_terminal("\x1b[1;31mred\x1b[0m\nplain\r\n") == "red\r\nplain\r\n"


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("ls", ["ls"]),
        ("ls\npwd", ["ls", "pwd"]),
        ("ls; pwd", ["ls; pwd"]),
        ("a \\\n  b\nc", ["a \\\n  b", "c"]),
        ("a \\\\\nc", ["a \\\\", "c"]),
        ("for i in 1\ndo\n  x\ndone\ny", ["for i in 1\ndo\n  x\ndone", "y"]),
        ("cat <<'EOF' > f\nif\nEOF\npython f", ["cat <<'EOF' > f\nif\nEOF", "python f"]),
        ("cat <<-E\n\tx\n\tE\nls", ["cat <<-E\n\tx\n\tE", "ls"]),
        ("echo 'a\nb\nc'\nls", ["echo 'a\nb\nc'", "ls"]),
        ("ls &&\npwd\nid", ["ls &&\npwd", "id"]),
        ("ls\n\n# note\npwd", ["ls\n\n# note", "pwd"]),
        ("f() {\n  x\n}\nf", ["f() {\n  x\n}", "f"]),
        ("ls\nif true", ["ls\nif true"]),
        ("echo 'open\nls", ["echo 'open\nls"]),
        ("cat <<E\nnever closed", ["cat <<E\nnever closed"]),
    ],
)
def test_commands_are_told_apart_as_bash_does(sandbox: Sandbox, text: str, commands: list[str]) -> None:
    assert split_commands(text, sandbox) == commands


def test_the_shells_own_errors_are_those_of_a_prompt(sandbox: Sandbox, python: str) -> None:
    text, code = shown(sandbox, "nosuch")
    assert text == "nosuch\r\nbash: nosuch: command not found" + end(python, code=127)
    assert code == 127
    assert "\r\nbash: line 1: nosuch: command not found" in shown(sandbox, "bash -c nosuch")[0]
    assert "\r\nbash: syntax error near unexpected token `)'[Python" in shown(sandbox, "echo )")[0]

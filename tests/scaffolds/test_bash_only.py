import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.sandbox import ExecResult
from repodojo.errors import InputError
from repodojo.scaffolds.bash_only import BashOnly, shorten
from repodojo.scaffolds.bash_only import scaffold as shipped
from repodojo.types import Instance

SCAFFOLD = BashOnly()
SUBMIT = b"COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def instance(**changes: object) -> Instance:
    values = {
        "instance_id": "o__r-1",
        "repo": "o/r",
        "version": "1",
        "base_commit": "c",
        "problem_statement": "It breaks.",
        "patch": "GOLD",
        "test_patch": "HIDDEN",
        "FAIL_TO_PASS": ("t",),
        "PASS_TO_PASS": (),
        "environment": "r-1",
        "test_files": ("tests/t.py",),
        "metadata": {"kind": "SECRET"},
    }
    return Instance(**(values | changes))


def result(output: bytes = b"", exit_code: int | None = 0, timed_out: bool = False) -> ExecResult:
    return ExecResult(output, exit_code, timed_out, 0.0, False)


def prompts(tmp_path: Path, **texts: str) -> Path:
    folder = Path(shipped.__file__).parent
    for name in shipped.PROMPTS:
        text = texts.get(name, (folder / f"{name}.jinja").read_text())
        (tmp_path / f"{name}.jinja").write_text(text)
    return tmp_path


def test_opens_with_the_issue_and_nothing_hidden() -> None:
    system, user = SCAFFOLD.open(instance())
    assert (system.role, user.role) == ("system", "user")
    assert user.content == "It breaks."
    assert len(system.content.split()) <= 60
    text = system.content + user.content
    assert not any(secret in text for secret in ("GOLD", "HIDDEN", "SECRET", "tests/t.py"))


def test_the_shipped_prompts_are_those_of_the_default_run() -> None:
    """A change of theirs is a change of every trajectory: it is made knowingly, with a new digest here."""
    assert SCAFFOLD.fingerprint == "bash_only-2-1800-4b042ab778cd5f4c-2b6a1f86"


def test_a_prompt_that_uses_an_unknown_name_is_refused(tmp_path: Path) -> None:
    folder = prompts(tmp_path, instance="{{ problem_statment }}")
    with pytest.raises(InputError, match=r"instance\.jinja.*problem_statment.*it may use: problem_statement"):
        BashOnly(folder)


def test_a_prompt_cannot_reach_hidden_fields(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="patch"):
        BashOnly(prompts(tmp_path, instance="{{ problem_statement }} {{ patch }}"))


def test_a_prompt_that_is_not_jinja_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"system\.jinja"):
        BashOnly(prompts(tmp_path, system="{{ oops"))
    (tmp_path / "system.jinja").unlink()
    with pytest.raises(InputError, match=r"system\.jinja: cannot be read"):
        BashOnly(tmp_path)


def test_a_user_replaces_the_prompts(tmp_path: Path) -> None:
    mine = BashOnly(prompts(tmp_path, instance="{{ repo }}: {{ problem_statement }}"))
    assert mine.open(instance())[1].content == "o/r: It breaks."
    assert mine.fingerprint != SCAFFOLD.fingerprint


def test_the_fingerprint_follows_every_prompt_and_the_limit(tmp_path: Path) -> None:
    folder = prompts(tmp_path)
    assert BashOnly(folder).fingerprint == SCAFFOLD.fingerprint
    for name in shipped.PROMPTS:
        before = (folder / f"{name}.jinja").read_text()
        (folder / f"{name}.jinja").write_text(before + ".")
        assert BashOnly(folder).fingerprint != SCAFFOLD.fingerprint, name
        (folder / f"{name}.jinja").write_text(before)
    assert BashOnly(observation_chars=10).fingerprint != SCAFFOLD.fingerprint


@pytest.mark.parametrize(
    ("answer", "command"),
    [
        ("```bash\nls\n```", "ls"),
        ("I look.\n\n```bash\nls -l\ncat a\n```\nThen I go on.", "ls -l\ncat a"),
        ("```bash   \nls\n```  ", "ls"),
        ("```python\nx\n```\n```bash\nls\n```", "ls"),
        ("```bash\ncat <<'EOF'\n  ```\nEOF\n```", "cat <<'EOF'\n  ```\nEOF"),
    ],
)
def test_reads_the_only_block(answer: str, command: str) -> None:
    assert SCAFFOLD.parse(answer).command == command


@pytest.mark.parametrize(
    ("answer", "blocks"),
    [
        ("", 0),
        ("ls", 0),
        ("```bash ls ```", 0),
        ("```bash\nls", 0),
        ("```sh\nls\n```", 0),
        ("```bash\n  \n```", 1),
        ("```bash\nls\n```\n```bash\npwd\n```", 2),
    ],
)
def test_anything_else_is_malformed_and_told_so(answer: str, blocks: int) -> None:
    action = SCAFFOLD.parse(answer)
    assert action.command is None
    assert not action.submits
    assert f"Found {blocks} ```bash blocks" in action.feedback


FENCES = st.sampled_from(
    ["```", "```bash", "```bash\n", "````", "``", "`", "\n", "\r\n", "ls", " ", "~~~", "\0", "é"]
)


@given(st.lists(FENCES | st.text(max_size=5), max_size=20).map("".join))
def test_odd_fences_never_crash(answer: str) -> None:
    action = SCAFFOLD.parse(answer)
    assert (action.command is None) == bool(action.feedback)
    assert action.command is None or action.command.strip()


@given(
    st.lists(st.text(st.characters(exclude_characters="\n`", codec="utf-8")), min_size=1, max_size=5),
    st.integers(1, 4),
)
def test_exactly_one_block_counts(lines: list[str], count: int) -> None:
    command = "\n".join(["true", *lines, "true"])
    answer = "\n".join([f"```bash\n{command}\n```"] * count)
    assert SCAFFOLD.parse(answer).command == (command if count == 1 else None)


@pytest.mark.parametrize(
    ("output", "exit_code", "submitted"),
    [
        (SUBMIT, 0, True),
        (SUBMIT + b"\ndiff follows\n", 0, True),
        (b"\n  " + SUBMIT + b"\n", 0, True),
        (SUBMIT, 1, False),
        (SUBMIT, None, False),
        (b"log\n" + SUBMIT, 0, False),
        (SUBMIT + b"!", 0, False),
        (b"", 0, False),
    ],
)
def test_submission_is_the_first_line_of_the_output(
    output: bytes, exit_code: int | None, submitted: bool
) -> None:
    assert SCAFFOLD.submitted(result(output, exit_code)) is submitted


def test_observations() -> None:
    assert SCAFFOLD.observe(result(b"a\nb\n")).content == "a\nb"
    assert SCAFFOLD.observe(result(b"no\n", exit_code=2)).content == "exit code 2\nno"
    assert SCAFFOLD.observe(result(b"")).content == "(no output)"
    assert SCAFFOLD.observe(result(b"x", None, timed_out=True)).content == "killed: it ran too long\nx"
    assert SCAFFOLD.observe(result(b"<&\xff>")).content == "<&\N{REPLACEMENT CHARACTER}>"


def test_a_long_output_loses_whole_lines_of_its_middle() -> None:
    text = "\n".join(f"line {n:03}" for n in range(300))
    short = shorten(text, 200)
    lines = short.split("\n")
    assert lines[0] == "line 000"
    assert lines[-1] == "line 299"
    (mark,) = [line for line in lines if not line.startswith("line ")]
    kept = "\n".join(line for line in lines if line != mark)
    assert mark == f"[... {len(text) - len(kept)} characters left out ...]"


@given(st.text(), st.integers(1, 60))
def test_shortening_keeps_to_its_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert short == text if len(text) <= limit else len(short) <= limit + 45


def use_tools(folder: Path, command: str) -> str:
    """Run a command of a shell that has the tools, in a small project with an issue."""
    folder.mkdir(exist_ok=True)
    tools = (Path(shipped.__file__).parent / "tools.sh").read_text().replace("/tmp/", f"{folder}/")
    shutil.copy(Path(shipped.__file__).with_name("replace_line.py"), folder)
    (folder / "issue.md").write_text(
        "`m.f` is wrong.\n\n```python\nimport m\nprint(m.f(1))\n```\n\n```\n3\n```\n"
    )
    project = folder / "project"
    (project / "tests").mkdir(parents=True)
    (project / "m.py").write_text(
        'def f(a):\n    """Add."""\n    b = 2\n    """a\n    b\n    """\n    return a + b\n'
    )
    (project / "tests" / "test_m.py").write_text("import m\n\n\ndef f(a):\n    pass\n")
    commit = "git init -q; git add -A; git -c user.name=a -c user.email=a@b commit -qm a"
    done = subprocess.run(
        ["bash", "-c", f"{commit}\n{tools}\n{command}"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_the_tools_reproduce_show_and_try(tmp_path: Path) -> None:
    listed = "./m.py\n./tests/test_m.py\n"
    code = "1:def f(a):\n3:    b = 2\n7:    return a + b\n"
    assert use_tools(tmp_path / "a", 'run; look "def f("') == "3\nas expected\n" + listed + code
    assert use_tools(tmp_path / "e", "look") == listed + code
    assert use_tools(tmp_path / "b", 'look "def f(" >/dev/null; code "^3:"') == code.split("\n", 1)[1]
    tried = "look 'def f(' >/dev/null; try <<'E'\n    return a + b\n    return a - b\nE\n"
    again = "try <<'E'\n    b = 2\n    b = '\\n$5'\nE\ngit diff --unified=0 | tail -n 2"
    assert use_tools(tmp_path / "c", tried + again).split("\n")[0] == "-1"
    assert use_tools(tmp_path / "d", tried + again).endswith("\n-    b = 2\n+    b = '\\n$5'\n")


def test_a_try_at_a_line_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    tried = "f=m.py; try <<'E'\n    b = 3\n    b = 2\nE\ngit status --short"
    assert use_tools(tmp_path, tried) == "m.py: no line is:     b = 3\n"


def test_of_equal_lines_the_first_from_the_shown_definition_on_is_edited(tmp_path: Path) -> None:
    more = r"printf 'x = 1\ndef g():\n    pass\nx = 1\n' > m.py; git commit -qam b 2>/dev/null"
    tried = "try <<'E' >/dev/null\nx = 1\nx = 2\nE\ncat m.py"
    assert use_tools(tmp_path / "a", f"{more}; look 'def g' >/dev/null; {tried}").endswith("pass\nx = 2\n")
    assert use_tools(tmp_path / "b", f"{more}; f=m.py; {tried}").startswith("x = 2\ndef g")


def test_a_text_that_is_nowhere_leaves_the_file_that_is_worked_on(tmp_path: Path) -> None:
    assert use_tools(tmp_path, 'f=m.py; look "class g" || echo $? $f') == "1 m.py\n"

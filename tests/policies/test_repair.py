import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.policies import repair
from repodojo.policies.policy import SamplingParameters
from repodojo.policies.repair import RepairPolicy, decide
from repodojo.scaffolds.bash_only import BashOnly
from repodojo.types import Message

ISSUE = """Wrong.

```python
from a.b import f
print(repr(f(1)))
```

It prints:

```
{actual}
```

It should print:

```
{expected}
```
"""
VIEW = """3:def f(a):
4:    if a < 1 and helper(a):
5:        return a
6:    return a + 2
7:
8:def other(x):
9:    return not x"""
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def opening(actual: str = "3", expected: str = "-1") -> list[Message]:
    return [Message("system", "s"), Message("user", ISSUE.format(actual=actual, expected=expected))]


def go_on(messages: list[Message], output: str, temperature: float = 0.0, seed: int = 0) -> str:
    """Let the agent answer, append what it sees, and return its command."""
    command = decide(messages, temperature, seed)
    messages += [Message("assistant", f"```bash\n{command}\n```"), Message("user", output)]
    return command


def looked_up(
    actual: str = "3", expected: str = "-1", printed: str = "3\n", view: str = VIEW
) -> list[Message]:
    messages = opening(actual, expected)
    go_on(messages, f"{printed}./a/b.py\n{view}")
    return messages


def test_answers_in_the_scaffolds_form() -> None:
    answer = RepairPolicy().complete(opening(), SamplingParameters())
    assert BashOnly().parse(answer.text).command == decide(opening(), 0.0, 0)
    assert (answer.finish_reason, answer.completion_tokens) == ("stop", 0)


def test_reproduces_then_looks_the_function_up_then_edits() -> None:
    messages = opening()
    assert go_on(messages, f"3\n./a/b.py\n./tests/test_b.py\n{VIEW}") == (
        '. /tmp/tools.sh; run; look "def f("'
    )
    assert re.fullmatch(r"try <<'E'\n(    (?:if|return).*)\n(?!\1\n).*\nE", go_on(messages, "3"))
    assert go_on(messages, "-1").startswith("try <<'E'\n")
    assert decide(messages, 0.0, 0) == SUBMIT


def test_the_subject_of_an_issue_is_looked_up_without_saying_its_name() -> None:
    messages = opening()
    messages[1] = Message("user", "`f` is wrong. " + messages[1].content)
    assert go_on(messages, f"3\n./a/b.py\n{VIEW}") == ". /tmp/tools.sh; run; look"
    assert go_on(messages, "3").startswith("try <<'E'\n")


def test_never_tries_an_edit_twice_and_ends_by_handing_in() -> None:
    messages = looked_up()
    commands: list[str] = []
    while (command := decide(messages, 0.0, 0)) != SUBMIT:
        go_on(messages, "3" if "try " in command else "no such file")
        commands.append(command)
    assert len(commands) == len(set(commands))
    edits = [command for command in commands if command.startswith("try ")]
    assert 8 <= len(edits) < 40
    assert "try <<'E'\n    return a + 2\n    return a - 2\nE" in edits


@given(st.floats(0, 3), st.integers(0, 2**31 - 1))
def test_is_a_function_of_messages_temperature_and_seed(temperature: float, seed: int) -> None:
    assert decide(looked_up(), temperature, seed) == decide(looked_up(), temperature, seed)


def test_without_temperature_the_seed_changes_nothing() -> None:
    assert len({decide(looked_up(), 0.0, seed) for seed in range(20)}) == 1
    assert len({decide(looked_up(), 1.0, seed) for seed in range(20)}) > 4


def test_a_warm_start_still_looks_before_it_edits() -> None:
    messages = opening()
    go_on(messages, "3\n./a/b.py")
    assert len({decide(messages, 2.0, seed) for seed in range(20)}) == 1


def test_an_issue_that_does_not_reproduce_is_handed_in() -> None:
    assert decide(looked_up(printed="-1\n"), 0.0, 0) == SUBMIT


@pytest.mark.parametrize("text", ["", "Please repair it.", "```python\nx\n```"])
def test_a_text_that_is_no_issue_is_handed_in(text: str) -> None:
    assert decide([Message("user", text)], 0.0, 0) == SUBMIT


def test_an_edit_with_quotes_is_said_as_it_is() -> None:
    messages = looked_up(view="3:def f(a):\n4:    return g(a, 'x')\n5:\n6:x = 1")
    commands = []
    while (command := decide(messages, 0.0, 0)) != SUBMIT:
        go_on(messages, "3" if "try " in command else "")
        commands.append(command)
    assert "try <<'E'\n    return g(a, 'x')\n    return g('x', a)\nE" in commands


def test_a_header_of_several_lines_changes_its_defaults_alone() -> None:
    view = (
        "3:def f(\n4:    a: int | None = None,\n5:    b: int = 2,\n6:) -> int:\n7:    return a\n8:\n9:x = 1"
    )
    messages = looked_up(view=view)
    edits = set()
    while (command := decide(messages, 0.0, 0)) != SUBMIT:
        go_on(messages, "3" if "try " in command else "")
        edits |= set(re.findall(r"try <<'E'\n.*\n(.*)\nE", command))
    assert edits == {"    b: int = 1,", "    b: int = 3,", "    return not a"}


def test_a_line_that_stands_twice_is_edited_where_the_tools_do() -> None:
    view = "3:def f(a):\n4:    if a:\n5:        return a + 1\n6:        return a + 1\n7:\n8:x = 1"
    messages = looked_up(view=view)
    edits = set()
    while (command := decide(messages, 0.0, 0)) != SUBMIT:
        go_on(messages, "3" if "try " in command else "")
        edits |= set(re.findall(r"try <<'E'\n(.*)\n.*\nE", command))
    assert edits == {"    if a:", "        return a + 1"}


def test_a_helper_is_looked_up_when_the_function_only_calls_it() -> None:
    messages = looked_up(view="3:def f(a):\n4:    return helper(a)\n5:\n6:x = 1")
    assert decide(messages, 0.0, 0) == 'code "def helper("'
    go_on(messages, "exit code 1\n(no output)")
    assert decide(messages, 0.0, 0) == 'look "def helper("'


def test_a_function_longer_than_the_view_is_read_on() -> None:
    view = "\n".join(["3:def f(a):"] + [f'{n}:    "line {n}"' for n in range(4, 22)])
    assert decide(looked_up(view=view), 0.0, 0) == 'code "^21:"'


def test_a_class_is_not_read_on() -> None:
    view = "\n".join(["3:class F:"] + [f'{n}:    "line {n}"' for n in range(4, 22)])
    assert "grep -A" not in decide(looked_up(view=view), 0.0, 0)


def test_as_many_last_lines_are_shown_as_are_expected() -> None:
    messages = looked_up(expected="a\nb")
    assert go_on(messages, "a\nb").startswith("try 2 <<'E'\n")
    assert decide(messages, 0.0, 0) == SUBMIT


def test_a_name_without_a_definition_is_searched_for() -> None:
    messages = opening()
    go_on(messages, "3")
    assert go_on(messages, "") == 'look "class f"'
    assert go_on(messages, "./a/b.py:7:f = partial(real, 1)\n./a/c.py:1:f = 2") == (
        'grep -rnw "f" --include=*.py . | head -20'
    )
    assert decide(messages, 0.0, 0) == SUBMIT


def test_an_alias_at_an_import_is_followed() -> None:
    messages = opening()
    for output in ("3", "", "./a/b.py:1:from .c import real as f"):
        go_on(messages, output)
    assert decide(messages, 0.0, 0) == 'look "def real("'


def test_tests_and_documentation_are_not_looked_at() -> None:
    messages = opening()
    go_on(messages, "3\n./tests/test_b.py\n./docs/b.py\n./src/a/c.py\n./src/a/b.py")
    assert decide(messages, 0.0, 0).startswith("f=./src/a/b.py; ")


TRACEBACK = """Traceback (most recent call last):
  File "/tmp/r.py", line 2, in <module>
    print(repr(f(1)))
  File "/work/a/b.py", line 9, in f
    return helper(x)
  File "/work/a/deep.py", line 30, in helper
    return x[1]
  File "/usr/lib/python3.11/json/decoder.py", line 3, in decode
IndexError: list index out of range
"""


def test_a_traceback_leads_to_its_deepest_function() -> None:
    messages = opening("IndexError: list index out of range", "1")
    go_on(messages, f"{TRACEBACK}./a/b.py")
    assert go_on(messages, "28:def helper(x):\n29:    x = x[0:9]\n30:    return x[1]\n31:\n32:y = 1") == (
        'f=./a/deep.py; code "def helper("'
    )
    assert decide(messages, 0.0, 0).startswith("try <<'E'\n    return x[1]\n")


@pytest.mark.parametrize(
    ("output", "done"),
    [
        ("-1", True),
        ("-1\nas expected", True),
        ("exit code 1\n-1", True),
        ("killed: it ran too long\n-1", False),
    ],
)
def test_a_run_that_was_killed_is_no_success(output: str, done: bool) -> None:
    messages = looked_up()
    go_on(messages, output)
    assert (decide(messages, 0.0, 0) == SUBMIT) is done


TEXTS = st.text(max_size=30) | st.sampled_from(["", VIEW, TRACEBACK, "./a/b.py", "3", "```bash\nls\n```"])


@given(st.lists(TEXTS, max_size=6), st.floats(0, 2), st.integers(0, 99))
def test_odd_outputs_never_crash(outputs: list[str], temperature: float, seed: int) -> None:
    messages = opening()
    for output in outputs:
        command = go_on(messages, output, temperature, seed)
        assert BashOnly().parse(f"```bash\n{command}\n```").command == command


def test_the_fingerprint_is_of_the_programs_text() -> None:
    assert RepairPolicy().fingerprint == RepairPolicy().fingerprint
    assert re.fullmatch(r"[0-9a-f]{16}", RepairPolicy().fingerprint)


def test_the_teacher_shares_no_code_with_the_injector() -> None:
    folder = Path(repair.__file__).parent
    sources = [folder / "repair.py", *(folder / "repairs").glob("*.py")]
    assert len(sources) > 5
    for path in sources:
        assert not re.search(r"repodojo\.(instances|base_model|grading)|metadata", path.read_text()), path

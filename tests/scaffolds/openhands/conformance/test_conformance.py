import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from repodojo.environments.sandbox import Sandbox
from repodojo.errors import InputError, SandboxError
from repodojo.scaffolds.openhands.conformance import Step, compare, measure, read_steps, replay
from repodojo.scaffolds.openhands.conformance.normalise import normalise
from repodojo.scaffolds.openhands.conformance.recorded import steps_of
from repodojo.scaffolds.tools.text_form import Call, render_answer, render_result

RECORDING = Path(__file__).with_name("session.json")
WORKSPACE = "/workspace/words__1"
ROOTS = (WORKSPACE, "/testbed")
LS = {"command": "ls"}


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    (only,) = read_steps(RECORDING)
    return only


def as_text(steps: list[Step]) -> dict[str, Any]:
    messages = []
    for step in steps:
        messages.append({"role": "assistant", "content": render_answer("", Call(step.name, step.arguments))})
        messages.append({"role": "user", "content": render_result(step.name, step.observation)})
    return {"messages": messages}


def as_events(steps: list[Step]) -> dict[str, Any]:
    history: list[dict[str, Any]] = [{"id": 0, "source": "user", "message": "Repair first()."}]
    for number, step in enumerate(steps, 1):
        call = {"id": f"t{number}", "function": {"name": step.name, "arguments": json.dumps(step.arguments)}}
        response = {"choices": [{"message": {"tool_calls": [call]}}]}
        metadata = {"tool_call_id": call["id"], "model_response": response}
        history.append({"id": 2 * number, "action": "run", "tool_call_metadata": metadata})
        history.append(
            {
                "id": 2 * number + 1,
                "cause": 2 * number,
                "observation": "run",
                "tool_call_metadata": metadata,
                "content": step.observation,
                "extras": {},
            }
        )
    return {"history": history}


def as_items(steps: list[Step]) -> dict[str, Any]:
    output = []
    for number, step in enumerate(steps):
        arguments = json.dumps(step.arguments)
        output.append(
            {"type": "function_call", "call_id": f"t{number}", "name": step.name, "arguments": arguments}
        )
        output.append({"type": "function_call_output", "call_id": f"t{number}", "output": step.observation})
    return {"response": {"output": output}}


def test_a_recording_is_replayed_to_the_same_observations(steps: list[Step], sandbox: Sandbox) -> None:
    agreement = measure(steps, replay(steps, sandbox, WORKSPACE), ROOTS)
    assert agreement.differences == ()
    assert agreement.counts == {"str_replace_editor": {"same": 4}, "execute_bash": {"same": 3}}
    assert agreement.not_ours == {"think": 1}


def test_a_deviation_is_seen_and_shown(steps: list[Step], sandbox: Sandbox) -> None:
    sandbox.run("sed -i s/count/number/ words.py", 10)
    agreement = measure(steps, replay(steps, sandbox, WORKSPACE), ROOTS)
    (difference,) = agreement.differences
    assert (difference.at, difference.name) == (3, "str_replace_editor")
    assert "count" in difference.recorded
    assert "number" in difference.ours


@pytest.mark.parametrize("form", [as_text, as_events, as_items])
def test_every_public_form_is_read(steps: list[Step], form: Any, tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    path.write_text(json.dumps(form(steps)) + "\n" + json.dumps(form(steps[:2])) + "\n")
    read = read_steps(path)
    # Values in text lose their outer whitespace.
    assert [[step.name for step in row] for row in read] == [
        [step.name for step in part] for part in (steps, steps[:2])
    ]
    assert read[0][0].arguments == steps[0].arguments
    assert [step.observation for step in read[0]] == [step.observation for step in steps]


def test_a_file_may_hold_a_list_of_trajectories(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(f"[{RECORDING.read_text()}, {RECORDING.read_text()}]")
    assert [len(row) for row in read_steps(path)] == [8, 8]


def test_a_copy_is_worked_on_where_later_versions_have_no_link(sandbox: Sandbox) -> None:
    view = Step("str_replace_editor", {"command": "view", "path": "/workspace"}, "")
    linked, copied = (replay([view], sandbox, f"/workspace/{name}", linked=name == "a")[0] for name in "ab")
    assert linked is not None
    assert linked.endswith("excluding hidden items:\n/workspace\n/workspace/a")
    assert copied is not None
    assert "/workspace/b/words.py" in copied


def test_a_workspace_that_cannot_be_made_is_an_error(sandbox: Sandbox) -> None:
    sandbox.run("touch /tmp/file", 10)
    with pytest.raises(SandboxError, match="/file/x cannot be made in the sandbox"):
        replay([], sandbox, "/file/x")


@pytest.mark.parametrize(
    ("row", "told"), [("{}", "row 1: expected 'messages'"), ("[", "not JSON")], ids=["no trajectory", "torn"]
)
def test_other_files_are_refused(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(row + "\n")
    with pytest.raises(InputError, match=told):
        read_steps(path)


def test_calls_without_a_result_and_torn_arguments_are_no_steps_to_compare() -> None:
    call = {"id": "t", "function": {"name": "execute_bash", "arguments": "{"}}
    assert list(steps_of({"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]})) == []
    answered = {"role": "tool", "tool_call_id": "t", "content": "x"}
    (step,) = steps_of({"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}, answered]})
    assert step.arguments == {}


@pytest.mark.parametrize(
    ("name", "arguments", "one", "other"),
    [
        (
            "execute_bash",
            LS,
            "OBSERVATION:\nls\r\na  b[Python Interpreter: /x/python]\nroot@openhands-workspace:/w # \n"
            "[Command finished with exit code 0]",
            "a\nb\n[The command completed with exit code 0.]\n[Current working directory: /w]\n"
            "[Python interpreter: /x/python]\n[Command finished with exit code 0]",
        ),
        (
            "execute_bash",
            LS,
            "a.py  \t\t b.py\tc.py   d e\n[Command finished with exit code 0]",
            "a.py\nb.py\nc.py\nd e\n[Command finished with exit code 0]",
        ),
        (
            "execute_bash",
            {"command": "pytest"},
            "\x1b[32m3 passed\x1b[0m in 0.12s\n[Command finished with exit code 0]",
            "pytest\r\n3 passed in 11.40s (0:00:11)\r\n\n[Command finished with exit code 0]",
        ),
        (
            "execute_bash",
            {"command": "ls -l"},
            "total 8\n-rw-r--r-- 1 root root 12 Apr 30 08:32 a\n[Command finished with exit code 0]",
            "total 4\n-rw-r--r-- 1 dojo dojo 12 Nov 2 2026 a\n[Command finished with exit code 0]",
        ),
        (
            "str_replace_editor",
            {},
            "ERROR:\nInvalid `view_range`: [0, 2]. It's first element `0` should be within the range of "
            "lines of the file: [1, 7]",
            "ERROR:\nInvalid `view_range` parameter: [0, 2]. Its first element `0` should be within the "
            "range of lines of the file: [1, 6].",
        ),
        (
            "str_replace_editor",
            {},
            "OBSERVATION:\nERROR:\nThe `view_range` parameter is not allowed when `path` points to a "
            "directory.",
            "ERROR:\nInvalid `view_range` parameter: [0, -1]. The `view_range` parameter is not allowed when "
            "`path` points to a directory.",
        ),
        (
            "str_replace_editor",
            {},
            "ERROR:\nInvalid `view_range`. It should be a list of two integers.",
            "ERROR:\nInvalid `view_range` parameter: [1]. It should be a list of two integers.",
        ),
        (
            "str_replace_editor",
            {},
            "ERROR:\nInvalid `view_range`: [3, 2]. It's second element `2` should be larger or equal than "
            "its first `3`",
            "ERROR:\nInvalid `view_range` parameter: [3, 2]. Its second element `2` should be greater than "
            "or equal to the first element `3`.",
        ),
        (
            "str_replace_editor",
            {},
            "ERROR:\nParameter `file_text` is required for command: create",
            "ERROR:\nParameter `file_text` is required for command: create.",
        ),
        (
            "str_replace_editor",
            {},
            "ERROR:\nThe path a.py is not an absolute path, it should start with `/`. Maybe you meant a.py?",
            "ERROR:\nInvalid `path` parameter: a.py. The path should be an absolute path, starting with `/`.",
        ),
        (
            "str_replace_editor",
            {},
            "Here's the files and directories up to 2 levels deep in /w, excluding hidden items:\n/w/b\n/w\n",
            "Here's the files and directories up to 2 levels deep in /w, excluding hidden items:\n/w/\n/w/b/"
            "\n\n3 hidden files/directories in this directory are excluded. You can use 'ls -la /w' there.",
        ),
        (
            "str_replace_editor",
            {},
            "Here's the result of running `cat -n` on /a:\n     1\tx\n     2",
            "Here's the result of running `cat -n` on /a:\n     1\tx\n",
        ),
    ],
)
def test_versions_that_say_the_same_are_the_same(
    name: str, arguments: Mapping[str, Any], one: str, other: str
) -> None:
    assert normalise(name, arguments, one) == normalise(name, arguments, other)


def test_only_the_repository_itself_stands_for_it() -> None:
    text = "/testbed/a /testbed /envs/testbed/b /testbed-2 /testbed.\n[Command finished with exit code 0]"
    assert normalise("execute_bash", LS, text, ["/testbed"]) == (
        "<repository>/a <repository> /envs/testbed/b /testbed-2 <repository>.\nexit code 0"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a\n[Command finished with exit code 0]", "b\n[Command finished with exit code 0]"),
        ("a\n[Command finished with exit code 0]", "a\n[Command finished with exit code 1]"),
        ("a\n[Command finished with exit code 0]", "[Command finished with exit code 0]"),
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    texts = [normalise("execute_bash", LS, text) for text in (one, other)]
    assert compare(*texts) == "different"


EDITED = "The file /a has been edited. Here's the result of running `cat -n` on a snippet of /a:"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("a\nb", "b\na", "other_order"),
        (f"{EDITED}\n     1 a\n     2 b\nReview", f"{EDITED}\n     2 b\nReview", "other_excerpt"),
        (f"{EDITED}\n     1 a\n     2 b\nReview", f"{EDITED}\n     2 c\nReview", "different"),
        (f"{EDITED}\n     1 a\nReview", f"{EDITED}\nReview", "different"),
        (
            f"{EDITED}\n     2 a\n     3\n     4 c\nReview",
            f"{EDITED}\n     2\n     3 c\nReview",
            "other_excerpt",
        ),
        (f"{EDITED}\n     2 b\nReview", f"{EDITED}\n     1  b\nReview", "different"),
        (f"{EDITED}\n     3 b\nReview", f"{EDITED}\n     1 b\nReview", "different"),
    ],
)
def test_levels_of_agreement(one: str, other: str, level: str) -> None:
    assert compare(one, other) == level

"""What is written in a format is read again: all that the format has a place for, and nothing else."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.grading.patches import patch_digest
from repodojo.rollouts.formats import FORMATS, find_format
from repodojo.rollouts.formats.conversation import count_turns
from repodojo.rollouts.formats.draft import CAUSE, Attempt, number_attempts
from repodojo.rollouts.formats.files import read_trajectories, write_trajectories
from repodojo.types import Message, ToolCall, Trajectory, Verdict

TEXTS = st.sampled_from(
    ["Look.", "```bash\nls -a\n```", "<function=finish>\n</function>", "é \u2028 [1] {x}"]
)
STATUSES = st.sampled_from(["Submitted", "LimitsExceeded", "StuckInLoop", "TimeExceeded", "FormatError"])


@st.composite
def attempts(draw, graded=None):
    """An issue, then answers and what comes back, ending with an answer."""
    messages = [Message("system", "You repair."), Message("user", "It fails.")]
    for _ in range(draw(st.integers(0, 3))):
        messages += [Message("assistant", draw(TEXTS)), Message("user", draw(TEXTS))]
    messages.append(Message("assistant", draw(TEXTS)))
    patch = draw(st.sampled_from(["", "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n"]))
    trajectory = Trajectory(
        rollout_id="owner__repo-1.0",
        instance_id="owner__repo-1",
        policy=draw(st.sampled_from(["", "a-model"])),
        scaffold="openhands",
        attempt=0,
        temperature=draw(st.sampled_from([0.0, 0.5])),
        seed=0,
        messages=tuple(messages),
        turns=count_turns(messages),
        model_patch=patch,
        exit_status=draw(STATUSES),
    )
    outcome = draw(st.sampled_from(graded or ["resolved", "unresolved", None]))
    if outcome is None:
        return Attempt(trajectory)
    verdict = Verdict("owner__repo-1.0", "owner__repo-1", outcome, CAUSE, (), patch_digest(patch))
    return Attempt(trajectory, verdict)


LOSES_SCAFFOLD = {"mini_swe_agent": "mini-swe-agent", "swe_agent": "swe-agent", "moatless": "moatless"}
LOSES_TEMPERATURE = {"swe_agent", "swegym_sampled", "swegym_sft", "predictions"}
LOSES_VERDICT = {"predictions", "openhands_completions"}
LOSES_STATUS = {
    "swegym_sampled": set(),
    "swegym_sft": set(),
    "openhands_completions": set(),
    "openhands_responses": {"LimitsExceeded", "StuckInLoop", "TimeExceeded"},
}
"""With the statuses that are kept."""
ERROR_IS_STATUS = {"openhands"}


def kept(attempt, name):
    """Return what a format keeps of an attempt."""
    trajectory = attempt.trajectory
    if name in LOSES_SCAFFOLD:
        trajectory = replace(trajectory, scaffold=LOSES_SCAFFOLD[name])
    if name in LOSES_TEMPERATURE:
        trajectory = replace(trajectory, temperature=0.0)
    if trajectory.exit_status not in LOSES_STATUS.get(name, {trajectory.exit_status}):
        finished = "<function=finish>" in trajectory.messages[-1].content
        trajectory = replace(trajectory, exit_status="Submitted" if finished else "Unknown")
    if name in ERROR_IS_STATUS and trajectory.exit_status != "Submitted":
        trajectory = replace(trajectory, error=trajectory.exit_status)
    if name == "moatless":
        trajectory = replace(trajectory, messages=trajectory.messages[1:])
    if name == "swegym_sft":
        trajectory = replace(trajectory, policy="", model_patch="")
    if name == "predictions":
        trajectory = replace(trajectory, messages=(), turns=(), scaffold="", exit_status="Submitted")
    return Attempt(trajectory, None if name in LOSES_VERDICT else attempt.verdict)


def again(attempt, name):
    """Write and read an attempt."""
    chosen = find_format(name)
    record = json.loads(json.dumps(chosen.build(attempt)))
    return number_attempts([chosen.parse(record, "here")])[0]


@pytest.mark.parametrize("name", [name for name in FORMATS if not name.startswith("swegym")])
@settings(max_examples=30, deadline=None)
@given(attempt=attempts())
def test_a_record_comes_back(name, attempt):
    assert again(attempt, name) == kept(attempt, name)


@settings(max_examples=30, deadline=None)
@given(attempt=attempts(["resolved", "unresolved"]))
def test_a_row_of_the_sampled_set_comes_back(attempt):
    assert again(attempt, "swegym_sampled") == kept(attempt, "swegym_sampled")


@settings(max_examples=30, deadline=None)
@given(attempt=attempts(["resolved"]))
def test_a_row_of_the_successes_comes_back(attempt):
    found = again(attempt, "swegym_sft")
    wanted = kept(attempt, "swegym_sft")
    assert found.trajectory == wanted.trajectory
    assert found.verdict.resolved


@pytest.mark.parametrize("name", sorted(FORMATS))
@settings(max_examples=5, deadline=None)
@given(attempt=attempts(["resolved"]), count=st.integers(1, 3))
def test_files_come_back_with_attempts_numbered(name, attempt, count):
    many = [
        Attempt(
            replace(attempt.trajectory, attempt=number, rollout_id=f"owner__repo-1.{number}"),
            replace(attempt.verdict, rollout_id=f"owner__repo-1.{number}"),
        )
        for number in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("runs" if find_format(name).suffix else "all.jsonl")
        write_trajectories(many, path, name)
        found = read_trajectories(path, name)
    assert not found.rejected
    assert [each.rollout_id for each in found.trajectories] == [
        f"owner__repo-1.{number}" for number in range(count)
    ]


@pytest.mark.parametrize("name", [name for name in sorted(FORMATS) if name != "predictions"])
def test_no_attempt_of_many_is_lost_or_changes_places_in_files_for_each_run(name, tmp_path):
    """Of completions only the last attempt came back, and the eleventh came back as the third."""
    said = [Message("user", "Repair /workspace/owner__repo__1"), Message("assistant", "It is repaired.")]
    sample = find_format("repodojo").parse(RECORD, "here").trajectory
    many = [
        Attempt(
            replace(sample, attempt=n, rollout_id=f"owner__repo-1.{n}", messages=tuple(said), policy=f"p{n}"),
            Verdict(f"owner__repo-1.{n}", "owner__repo-1", "resolved", "tests"),
        )
        for n in range(12)
    ]
    path = tmp_path / ("runs" if find_format(name).suffix else "all.jsonl")
    write_trajectories(many, path, name)
    found = read_trajectories(path, name).trajectories
    assert [each.attempt for each in found] == list(range(12))
    assert {each.policy for each in found} == {""} or [each.policy for each in found] == [
        f"p{n}" for n in range(12)
    ]


def test_what_has_no_form_in_a_format_is_refused_before_anything_is_written(tmp_path):
    sample = find_format("repodojo").parse(RECORD, "here")
    for name in ("swegym_sft", "swegym_sampled", "moatless", "openhands_completions"):
        with pytest.raises(InputError, match=f"owner__repo-1.0: {name}: expected"):
            write_trajectories([sample], tmp_path / "out.jsonl", name)
    assert list(tmp_path.iterdir()) == []


RECORD = {
    "rollout_id": "owner__repo-1.0",
    "instance_id": "owner__repo-1",
    "policy": "",
    "scaffold": "",
    "attempt": 0,
    "temperature": 0.0,
    "seed": 0,
    "messages": [],
    "turns": [],
    "model_patch": "",
    "exit_status": "Submitted",
}


def test_two_messages_of_the_user_have_no_form_in_moatless():
    sample = find_format("repodojo").parse(RECORD, "here")
    messages = (Message("user", "issue"), Message("user", "again"))
    with pytest.raises(InputError, match="moatless: expected each message of the user after an answer"):
        find_format("moatless").build(Attempt(replace(sample.trajectory, messages=messages)))


def test_native_calls_are_written_as_text_and_kept_in_our_own_records(tmp_path):
    sample = find_format("repodojo").parse(RECORD, "here").trajectory
    called = Message("assistant", "Look.", (ToolCall("c1", "ls", '{"path": "."}'),))
    messages = (Message("user", "issue"), called, Message("tool", "a.py", tool_call_id="c1"))
    tool = {"name": "ls", "description": "Lists.", "parameters": {"type": "object", "properties": {}}}
    attempt = Attempt(replace(sample, messages=messages, tools=(tool,)))
    for name in ("repodojo", "mini_swe_agent"):
        write_trajectories([attempt], tmp_path / (name + ".jsonl" * (name == "repodojo")), name)
    assert read_trajectories(tmp_path / "repodojo.jsonl", "repodojo").trajectories == [attempt.trajectory]
    found = read_trajectories(tmp_path / "mini_swe_agent", "mini_swe_agent").trajectories[0]
    assert [message.content for message in found.messages] == [
        "issue",
        "Look.\n\n<function=ls>\n<parameter=path>.</parameter>\n</function>",
        "EXECUTION RESULT of [ls]:\na.py",
    ]
    with pytest.raises(InputError, match="field 'tools': expected the tools that it calls"):
        write_trajectories([Attempt(replace(sample, messages=messages))], tmp_path / "x", "mini_swe_agent")

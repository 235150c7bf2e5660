"""Each format read from a small record that is built after its published schema, in ``examples.json``."""

import json
from pathlib import Path

import pytest

from repodojo.errors import InputError
from repodojo.rollouts.formats import FORMATS, find_format
from repodojo.rollouts.formats.draft import number_attempts, read_status
from repodojo.rollouts.formats.files import read_report, read_trajectories
from repodojo.rollouts.formats.instances import instances_of
from repodojo.rollouts.formats.swegym import parse_sft

RECORDS = json.loads(Path(__file__).with_name("examples.json").read_text())
CHAT = RECORDS["mini_swe_agent"]["messages"][:4]
ANSWERED = CHAT[2]
CALL = ANSWERED["tool_calls"][0]
CALLED = "Look.\n\n<function=bash>\n<parameter=command>ls</parameter>\n</function>"
READ = ["S", "U", CALLED, "EXECUTION RESULT of [bash]:\na.py"]


def parse(name, record):
    return number_attempts([find_format(name).parse(json.loads(json.dumps(record)), "f, row 1")])[0]


@pytest.mark.parametrize("name", sorted({*RECORDS} - {"repodojo", "swegym_sft", "predictions"}))
def test_a_published_record_is_read(name):
    trajectory, _ = parse(name, RECORDS[name])
    assert (trajectory.rollout_id, trajectory.model_patch) == ("o__r-1.0", "diff")
    assert trajectory.policy == "m"
    texts = [message.content for message in trajectory.messages]
    if name == "moatless":
        assert texts == ["U", '{"query": "x"}', '{"output": {"found": 1}, "trigger": "did_search"}']
    else:
        assert texts == [*READ, "Done."] if name == "openhands_completions" else READ
        assert trajectory.turns[0].command == "ls"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("openhands", "resolved"),
        ("openhands_responses", "unresolved"),
        ("atif", "unresolved"),
        ("swegym_sampled", "resolved"),
        ("swe_agent", None),
    ],
)
def test_a_verdict_that_came_with_the_record_is_kept(name, outcome):
    verdict = parse(name, RECORDS[name]).verdict
    assert (verdict.outcome if verdict else None) == outcome
    assert verdict is None or verdict.cause == "published"


def test_attempts_at_one_issue_share_a_name_where_the_set_has_none():
    first, second = number_attempts(parse_sft(RECORDS["swegym_sft"], "f, row 1") for _ in range(2))
    assert first.trajectory.instance_id.startswith("o__r-")
    assert second.trajectory.rollout_id == f"{first.trajectory.instance_id}.1"
    assert instances_of([first.trajectory])[0].repo == "o/r"


def test_what_the_format_says_of_tokens_and_seconds_is_kept():
    assert parse("atif", RECORDS["atif"]).trajectory.turns[0].prompt_tokens == 7
    assert parse("swe_agent", RECORDS["swe_agent"]).trajectory.turns[0].sandbox_s == 0.5
    assert parse("moatless", RECORDS["moatless"]).trajectory.duration_s == 2.0


REQUIRED = [
    ("repodojo", "rollout_id"),
    ("openhands", "history"),
    ("openhands", "instance_id"),
    ("openhands_completions", "messages"),
    ("openhands_completions", "response"),
    ("openhands_responses", "responses_create_params"),
    ("openhands_responses", "response"),
    ("swe_agent", "history"),
    ("swe_agent", "trajectory"),
    ("mini_swe_agent", "messages"),
    ("mini_swe_agent", "info"),
    ("moatless", "initial_message"),
    ("moatless", "transitions"),
    ("atif", "schema_version"),
    ("atif", "steps"),
    ("atif", "agent"),
    ("swegym_sampled", "instance_id"),
    ("swegym_sampled", "messages"),
    ("swegym_sft", "messages"),
    ("predictions", "instance_id"),
    ("predictions", "model_patch"),
]


@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_a_missing_field_is_named_with_its_file_and_row(name, field):
    record = {key: value for key, value in RECORDS[name].items() if key != field}
    with pytest.raises(InputError, match=r"^f, row 1: .*field '") as caught:
        find_format(name).parse(record, "f, row 1")
    assert field in str(caught.value) or field == "transitions"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (
            "openhands",
            {"history": [{"id": 1}]},
            "event 1: field 'action': expected an action or an observation",
        ),
        (
            "mini_swe_agent",
            {"messages": [{"content": "x"}]},
            "message 1: field 'role': expected str, found nothing",
        ),
        ("mini_swe_agent", {"messages": ["x"]}, "message 1: field 'role'"),
        ("mini_swe_agent", {"messages": [{"role": "x"}]}, "field 'role': expected one of system, user"),
        (
            "mini_swe_agent",
            {"messages": [{"role": "user", "content": 3}]},
            "expected text or a list of parts",
        ),
        ("atif", {"schema_version": "2"}, "field 'schema_version': expected ATIF-v1.x, found '2'"),
        (
            "atif",
            {"steps": [{"source": "robot"}]},
            "step 1: field 'source': expected one of system, user, agent",
        ),
        ("predictions", {"model_patch": 3}, "field 'model_patch': expected str, found 3"),
        ("swegym_sampled", {"resolved": None, "test_result": {}}, "field 'resolved': expected true or false"),
        ("swegym_sft", {"messages": [{"role": "user", "content": "no path"}]}, "or a field 'instance_id'"),
        ("moatless", {"transitions": [{"actions": [{}]}]}, "step 1: field 'actions'"),
        (
            "openhands_completions",
            {"response": {"choices": []}},
            "field 'response.choices': expected an answer",
        ),
        (
            "openhands_responses",
            {"response": {"output": [{"type": "web_search_call"}]}},
            "item 3: field 'type': expected one of message, function_call, function_call_output, reasoning",
        ),
        (
            "openhands_responses",
            {"responses_create_params": {"input": 3}},
            "field 'input': expected text or a list, found 3",
        ),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(name, change, told):
    with pytest.raises(InputError) as caught:
        find_format(name).parse({**RECORDS[name], **change}, "f, row 1")
    assert told in str(caught.value)
    assert str(caught.value).startswith("f, row 1")


def test_files_and_folders_are_read_by_their_names(tmp_path):
    for name, path in (
        ("swe_agent", "swe/o__r-7.traj"),
        ("openhands_completions", "oh/o__r-8/m-1.json"),
        ("openhands_completions", "oh/o__r-8/m-2.json"),
    ):
        record = {key: value for key, value in RECORDS[name].items() if key != "instance_id"}
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(record))
    (tmp_path / "preds.json").write_text(json.dumps({"o__r-9": {"model_patch": None}}))
    (tmp_path / "swe/torn.traj").write_text("{")
    swe = read_trajectories(tmp_path / "swe", "swe_agent")
    assert [each.instance_id for each in swe.trajectories] == ["o__r-7"]
    assert "torn.traj: expected JSON" in swe.rejected[0].reason
    completions = read_trajectories(tmp_path / "oh", "openhands_completions")
    assert [each.rollout_id for each in completions.trajectories] == ["o__r-8.0"]
    predictions = read_trajectories(tmp_path / "preds.json", "predictions")
    assert [(each.instance_id, each.model_patch) for each in predictions.trajectories] == [("o__r-9", "")]
    with pytest.raises(InputError, match=r"expected files \*.traj, found none"):
        read_trajectories(tmp_path / "oh", "swe_agent")


@pytest.mark.parametrize(
    ("report", "outcomes"),
    [
        ({"resolved": ["a"], "generated": ["a", "b"]}, {"a": "resolved", "b": "unresolved"}),
        (
            {"resolved_ids": ["a"], "submitted_ids": ["a", "b", "c"], "error_ids": ["c"]},
            {"a": "resolved", "b": "unresolved"},
        ),
        ({"a": {"resolved": True}, "b": {"resolved": False}}, {"a": "resolved", "b": "unresolved"}),
    ],
)
def test_reports_of_swebench_old_and_new(tmp_path, report, outcomes):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert read_report(path) == outcomes


def test_another_file_is_no_report(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("{}")
    with pytest.raises(InputError, match="field 'resolved_ids'"):
        read_report(path)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("submitted", "Submitted"),
        ("submitted (exit_cost)", "LimitsExceeded"),
        ("exit_context", "ContextLength"),
        ("RuntimeError: Agent reached maximum iteration in headless mode", "LimitsExceeded"),
        ("RuntimeError: Agent got stuck in a loop", "StuckInLoop"),
        ("RuntimeError: anything else", "RuntimeError: anything else"),
        ("finished", "Submitted"),
        ("", "Unknown"),
    ],
)
def test_ends_of_other_systems_have_our_names(text, status):
    assert read_status(text) == status


def test_every_format_of_the_issue_is_there():
    assert {*RECORDS} == {*FORMATS}


TOOL = RECORDS["repodojo"]["tools"][0]


def test_calls_stay_calls_where_the_tools_are_known():
    with_null = {"type": "function", "function": {**TOOL, "strict": None}}
    sampled = parse("swegym_sampled", {**RECORDS["swegym_sampled"], "tools": [with_null]}).trajectory
    completions = {**RECORDS["openhands_completions"], "kwargs": {"tools": [with_null]}}
    request = {
        **RECORDS["openhands_responses"]["responses_create_params"],
        "tools": [{"type": "function", **TOOL, "strict": None}],
    }
    rollout = {**RECORDS["openhands_responses"], "responses_create_params": request}
    for trajectory in (
        sampled,
        parse("openhands_completions", completions).trajectory,
        parse("openhands_responses", rollout).trajectory,
    ):
        assert trajectory.tools == (TOOL,)
        assert trajectory.messages[2].tool_calls[0].name == "bash"
        assert (trajectory.messages[3].role, trajectory.messages[3].tool_call_id) == ("tool", "c1")
        assert trajectory.turns[0].command == "ls"


def test_arguments_that_are_no_object_are_refused_where_calls_stay_calls():
    """Seven of the published rows cannot be converted for such a reason."""
    broken = {**CALL, "function": {"name": "bash", "arguments": '{"command": '}}
    record = {
        **RECORDS["swegym_sampled"],
        "tools": [TOOL],
        "messages": [{**ANSWERED, "tool_calls": [broken]}],
    }
    with pytest.raises(InputError, match="f, row 1, message 1: field 'tool_calls': expected the arg"):
        find_format("swegym_sampled").parse(record, "f, row 1")


ITEMS = RECORDS["openhands_responses"]["response"]["output"]


def test_a_logged_call_of_the_responses_api_is_read_as_one_of_the_completions():
    """OpenHands' newer logs (``llm_path``) used to be rejected for want of ``messages``."""
    done = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}]}
    logged = {
        "instance_id": "o__r-1",
        "llm_path": "responses",
        "instructions": "S",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "U"}]}, *ITEMS],
        "tools": [{"kind": "TerminalTool", "title": "terminal"}],
        "kwargs": {"temperature": 0.5},
        "response": {"model": "m", "object": "response", "output": [done]},
        "git_patch": "diff",
    }
    found, completion = (
        parse("openhands_completions", each) for each in (logged, RECORDS["openhands_completions"])
    )
    assert found == completion


def test_calls_without_words_and_calls_side_by_side_are_one_answer_each():
    call, result = ITEMS[2], ITEMS[3]
    output = [call, {**call, "call_id": "c2"}, result, {**result, "call_id": "c2"}, call, result]
    record = {**RECORDS["openhands_responses"], "response": {"output": output}}
    messages = parse("openhands_responses", record).trajectory.messages
    assert [message.role for message in messages] == [
        *("system", "user", "assistant", "user", "user", "assistant", "user")
    ]
    assert messages[2].content.count("<function=bash>") == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"agent_error_kind": "stuck_in_loop"}, "StuckInLoop"),
        ({"agent_error_kind": "context_window"}, "ContextLength"),
        ({"agent_error_kind": None, "agent_timed_out": True}, "TimeExceeded"),
        ({"agent_error_kind": "other"}, "Unknown"),
    ],
)
def test_what_ended_a_rollout_is_kept(fields, status):
    record = {**RECORDS["openhands_responses"], **fields}
    assert parse("openhands_responses", record).trajectory.exit_status == status

"""Malformed records: each is read or rejected, whatever a field holds, and the rows beside it are kept."""

import copy
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repodojo.rollouts.formats import FORMATS, find_format
from repodojo.rollouts.formats.conversation import find_command
from repodojo.rollouts.formats.draft import Imported
from repodojo.rollouts.formats.files import read_trajectories
from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.types import Trajectory, Verdict, from_json, to_json

RECORDS = json.loads(Path(__file__).with_name("examples.json").read_text())
TOOLS = [{"type": "function", "function": RECORDS["repodojo"]["tools"][0]}]
RECORDS["swegym_sampled"]["tools"] = TOOLS
RECORDS["openhands_completions"]["kwargs"]["tools"] = TOOLS

NAMES = ("role", "content", "text", "id", "name", "function", "arguments", "properties", "resolved", "x")
LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    st.sampled_from(["assistant", "{", "[]", '{"a": 1}', "[" * 2000, "\ud800", "../x", 10**400, 0, ""]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=4,
)


def places(value, path=()):
    """Yield where each field and each item of a record stands."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(record, path, value):
    """Return the record with another value in one place."""
    made = copy.deepcopy(record)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return made


def numbered(name, attempt):
    """Return the example as an attempt of its own; only our own records are numbered in themselves."""
    record = copy.deepcopy(RECORDS[name])
    if name == "repodojo":
        record |= {"attempt": attempt, "rollout_id": f"o__r-1.{attempt}"}
        record["verdict"]["rollout_id"] = record["rollout_id"]
    return record


def read(name, line) -> Imported:
    """Read a line that stands between two good ones."""
    good = [json.dumps(numbered(name, attempt)) for attempt in (7, 8)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text("\n".join([good[0], line, good[1]]))
        return read_trajectories(path, name)


def check(found: Imported) -> None:
    """Check that the good rows are there, and the third one is read or rejected."""
    assert len(found.trajectories) + len(found.rejected) == 3
    assert len(found.trajectories) >= 2
    for rejected in found.rejected:
        assert "rows.jsonl, row 2" in rejected.where
        assert rejected.reason.startswith(rejected.where)
        assert "expected" in rejected.reason or "field" in rejected.reason
    for kind, records in ((Trajectory, found.trajectories), (Verdict, found.verdicts)):
        for record in records:
            text = json.dumps(to_json(record), ensure_ascii=False, allow_nan=False).encode()
            assert from_json(kind, json.loads(text)) == record
    for trajectory in found.trajectories:
        assert all(isinstance(message.content, str) for message in trained_messages(trajectory))


@pytest.mark.parametrize("name", sorted(FORMATS))
@settings(max_examples=60, deadline=None)
@given(data=st.data(), value=VALUES)
def test_any_value_in_any_field_is_read_or_rejected(name, data, value):
    record = numbered(name, 0)
    path = data.draw(st.sampled_from(sorted(places(record), key=str)))
    check(read(name, json.dumps(changed(record, path, value))))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_field_without_a_value_is_read_or_rejected(name):
    record = numbered(name, 0)
    for path in places(record):
        check(read(name, json.dumps(changed(record, path, None))))


@pytest.mark.parametrize("depth", [99, 101, 800, 100_000])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_values_nested_too_deep_end_no_import(name, depth):
    """A RecursionError in one record used to end the import of all."""
    line = json.dumps(numbered(name, 0))[:-1] + ', "more": ' + "[" * depth + "]" * depth + "}"
    found = read(name, line)
    assert len(found.rejected) == (depth > 100 or name == "repodojo")  # which knows no field `more`
    check(found)


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("atif", "steps.2.tool_calls", 3, "step 3: field 'tool_calls': expected a list or null, found 3"),
        ("atif", "steps.2.tool_calls.0", "x", "step 3: field 'tool_calls.1': expected an object, found 'x'"),
        ("atif", "steps.2.observation.results", {}, "field 'observation.results': expected a list or null"),
        ("atif", "steps.2.observation.results.0", [], "field 'observation.results.1': expected an object"),
        (
            "atif",
            "steps.2.metrics.prompt_tokens",
            10**400,
            "field 'metrics.prompt_tokens': expected a number",
        ),
        ("mini_swe_agent", "messages.2.tool_calls", "x", "message 3: field 'tool_calls': expected a list"),
        ("mini_swe_agent", "messages.2.tool_calls.0.id", [], "message 3: field 'id': expected text, a whole"),
        ("mini_swe_agent", "messages.3.tool_call_id", {}, "message 4: field 'tool_call_id': expected text"),
        ("openhands", "history.3.id", [1], "event 4: field 'id': expected text, a whole number or null"),
        ("openhands", "instance_id", 7, "field 'instance_id': expected str, found 7"),
        ("openhands", "test_result.report.resolved", "False", "expected true or false, found 'False'"),
        (
            "openhands_completions",
            "kwargs.tools",
            3,
            "field 'kwargs.tools': expected a list or null, found 3",
        ),
        (
            "openhands_completions",
            "kwargs.tools.0",
            [],
            "field 'kwargs.tools.1': expected an object, found []",
        ),
        ("openhands_completions", "kwargs.tools.0.function.parameters", 3, "function 1: field 'parameters'"),
        (
            "swe_agent",
            "trajectory.0.execution_time",
            "1s",
            "step 1: field 'execution_time': expected a number",
        ),
        ("swegym_sampled", "tools", "[", "field 'tools': expected JSON, found '['"),
        ("swegym_sampled", "test_result.git_patch", "\ud800", "field 'test_result': not_utf8: character 0"),
        ("predictions", "instance_id", "../x", "field 'instance_id': expected letters, digits"),
        ("moatless", "info.duration", [], "field 'info.duration': expected a number or null, found []"),
        ("repodojo", "verdict", [], "field 'verdict': expected dict, found []"),
        ("repodojo", "verdict.rollout_id", "x.0", "field 'verdict.rollout_id': expected 'o__r-1.0'"),
        ("repodojo", "messages.2.tool_calls.0.arguments", "{", "message 3: field 'tool_calls': expected the"),
    ],
)
def test_a_value_of_another_type_is_named_with_its_row_and_field(name, path, value, told):
    keys = [int(key) if key.isdigit() else key for key in path.split(".")]
    found = read(name, json.dumps(changed(numbered(name, 0), keys, value)))
    check(found)
    assert "rows.jsonl, row 2" in found.rejected[0].reason
    assert told in found.rejected[0].reason


def test_a_file_that_is_not_readable_does_not_lose_those_beside_it(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.traj").write_text(json.dumps(RECORDS["swe_agent"]))
    (tmp_path / "b.traj").write_bytes(b"\xff{")
    (tmp_path / "d.traj").mkdir()
    found = read_trajectories(tmp_path, "swe_agent")
    assert len(found.trajectories) == 2
    assert [Path(rejected.where).name for rejected in found.rejected] == ["b.traj"]
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    found = read_trajectories(tmp_path, "swegym_sampled")
    assert "not a readable parquet file" in found.rejected[0].reason


def test_openhands_folder_is_read_by_its_output_or_by_what_there_is(tmp_path):
    line = json.dumps(RECORDS["openhands"]) + "\n"
    (tmp_path / "resolver.jsonl").write_text(line * 2)
    assert len(read_trajectories(tmp_path, "openhands").trajectories) == 2
    (tmp_path / "output.jsonl").write_text(line)
    assert len(read_trajectories(tmp_path, "openhands").trajectories) == 1


def test_every_format_that_has_no_file_for_each_run_says_which_row_is_doubled():
    record = json.dumps(numbered("repodojo", 7))
    found = read("repodojo", record)
    assert found.rejected[0].reason.endswith(
        "row 2: field 'rollout_id': expected each once, found 'o__r-1.7' again"
    )


@pytest.mark.parametrize("text", ["```bash\n", "<function=bash>\n<parameter=command>"])
def test_repetition_without_an_end_is_read_in_time_that_grows_with_it(text):
    """A model that repeats itself opens many blocks and closes none."""
    found = find_command(text * 20_000)
    assert found is None or found.startswith("<function=bash>")


def test_a_workspace_of_many_parts_is_named_by_its_first_two():
    record = {"messages": [{"role": "user", "content": "See /workspace/owner__repo" + "__a" * 20_000}]}
    assert find_format("swegym_sft").parse(record, "f").instance_id.startswith("owner__repo-")


def test_the_formats_are_those_with_an_example():
    assert {name: find_format(name) for name in RECORDS} == FORMATS

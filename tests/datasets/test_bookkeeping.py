"""The files that say what is done hold something else: what they vouched for is owed, and nothing raises."""

from pathlib import Path

import pytest

from repodojo.datasets.configuration import Configuration
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.datasets.stamped import SUFFIX, StampedDataset
from repodojo.tracking.timings import Timings

WRONG = ["{}", "[1]", "1", "null", '{"bytes": 1}', '{"configuration": 1, "nodes": []}', "\x00\x01"]


@pytest.mark.parametrize("text", WRONG)
def test_a_manifest_of_another_shape_is_written_again(tmp_path: Path, text: str) -> None:
    """`kedro run` used to end at every start with "'keys'" until the folder was deleted by hand."""
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    plan = Plan({"a": lambda: {"n": 1}}, {"seed": 0})
    dataset.save(plan)
    (manifest,) = tmp_path.glob("*/_MANIFEST.json")
    manifest.write_text(text)
    assert not dataset.exists()
    dataset.save(plan)
    assert dataset.saved is not None
    assert dataset.saved.executed == 0
    assert dataset.exists()
    assert dataset.load() == {"a": {"n": 1}}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../elsewhere\n", b"\x00" * 17])
def test_a_torn_pointer_to_a_run_is_no_pointer(tmp_path: Path, content: bytes) -> None:
    """Bytes that are no text used to raise, and a path used to be followed."""
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(Plan({"a": lambda: {"n": 1}}, {"seed": 0}))
    (pointer,) = (tmp_path / "_asked").iterdir()
    pointer.write_bytes(content)
    assert not dataset.exists()


@pytest.mark.parametrize("text", WRONG)
def test_a_note_of_another_shape_vouches_for_nothing(tmp_path: Path, text: str) -> None:
    """`exists` used to raise a KeyError."""
    dataset = StampedDataset(dataset={"type": "json.JSONDataset", "filepath": str(tmp_path / "x.json")})
    dataset.asked_for(Configuration("one"))
    dataset.save({"n": 1})
    (tmp_path / f"x.json{SUFFIX}").write_text(text)
    assert not dataset.exists()
    dataset.save({"n": 1})
    assert dataset.load() == {"n": 1}


@pytest.mark.parametrize("text", WRONG)
def test_timings_of_another_shape_are_started_anew(tmp_path: Path, text: str) -> None:
    """A list used to be a TypeError at the start of every run."""
    (tmp_path / "timings.json").write_text(text)
    assert Timings(tmp_path / "timings.json").nodes == {}

import json
from pathlib import Path
from typing import Any

import pytest

from repodojo.datasets.configuration import Configuration
from repodojo.datasets.stamped import SUFFIX, StampedDataset
from repodojo.errors import DatasetIncompleteError, InputError

ASKED = Configuration("one", "count", {"sampling": {"k": 4}}, {}, "abc123", {"python": "3.11"})
OTHER = Configuration("two", "count", {"sampling": {"k": 8}}, {}, "abc123", {"python": "3.11"})


def stamped(tmp_path: Path, **more: Any) -> StampedDataset:
    return StampedDataset(
        dataset={"type": "json.JSONDataset", "filepath": str(tmp_path / "a/x.json"), **more}
    )


def test_a_note_beside_the_file_says_what_produced_it(tmp_path: Path) -> None:
    dataset = stamped(tmp_path)
    dataset.asked_for(ASKED)
    dataset.save({"n": 1})
    note = json.loads((tmp_path / f"a/x.json{SUFFIX}").read_text())
    assert note["node"] == "count"
    assert note["parameters"] == {"sampling": {"k": 4}}
    assert note["commit"] == "abc123"
    assert note["versions"] == {"python": "3.11"}
    assert note["bytes"] == (tmp_path / "a/x.json").stat().st_size
    assert dataset.load() == {"n": 1}


def test_it_exists_only_for_the_configuration_that_made_it(tmp_path: Path) -> None:
    dataset = stamped(tmp_path)
    dataset.asked_for(ASKED)
    assert not dataset.exists()
    dataset.save({"n": 1})
    assert dataset.exists()
    dataset.asked_for(OTHER)
    assert not dataset.exists()
    with pytest.raises(DatasetIncompleteError, match=r"parameters differ: sampling.*node 'count'"):
        dataset.load()


def test_what_a_report_can_do_without_is_read_as_the_catalog_says(tmp_path: Path) -> None:
    entry = {"type": "json.JSONDataset", "filepath": str(tmp_path / "x.json")}
    dataset = StampedDataset(dataset=entry, otherwise={})
    dataset.asked_for(ASKED)
    assert dataset.load() == {}
    dataset.save({"n": 1})
    assert dataset.load() == {"n": 1}
    dataset.asked_for(OTHER)
    assert not dataset.exists()
    assert dataset.load() == {}, "another configuration made the file"


def test_half_a_file_does_not_exist(tmp_path: Path) -> None:
    """A kill between taking the note away and writing it again leaves a file that nobody vouches for."""
    dataset = stamped(tmp_path)
    dataset.asked_for(ASKED)
    dataset.save({"n": 1})
    (tmp_path / "a/x.json").write_text("{")
    assert not dataset.exists()
    (tmp_path / f"a/x.json{SUFFIX}").unlink()
    assert not dataset.exists()
    with pytest.raises(DatasetIncompleteError, match="the note beside it is missing"):
        dataset.load()


def test_it_tells_whether_the_content_changed(tmp_path: Path) -> None:
    dataset = stamped(tmp_path)
    executed = []
    for value in (1, 1, 2):
        dataset.save({"n": value})
        assert dataset.saved is not None
        executed.append(dataset.saved.executed)
    assert executed == [1, 0, 1]


def test_as_an_input_it_is_identified_by_its_content(tmp_path: Path) -> None:
    dataset = stamped(tmp_path)
    assert dataset.identity() == "missing"
    dataset.save({"n": 1})
    before = dataset.identity()
    dataset.save({"n": 2})
    assert dataset.identity() != before


def test_a_file_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file where a folder should be")
    with pytest.raises(DatasetIncompleteError, match="cannot write"):
        stamped(tmp_path).save({"n": 1})


def test_a_full_disk_is_one_error(tmp_path: Path) -> None:
    """Kedro wraps what the wrapped dataset raises; the message must not be buried."""
    full = StampedDataset(dataset={"type": "json.JSONDataset", "filepath": str(tmp_path / "x.json")})
    (tmp_path / "x.json").symlink_to("/dev/full")
    with pytest.raises(
        DatasetIncompleteError, match=r"^cannot write .*x\.json: No space left on device; make room"
    ):
        full.save({"n": 1})
    assert not list(tmp_path.glob(f"*{SUFFIX}"))


def test_an_entry_without_a_file_is_refused() -> None:
    with pytest.raises(InputError, match="needs 'type' and 'filepath'"):
        StampedDataset(dataset={"type": "json.JSONDataset"})

"""Which run and commit made each dataset."""

import json
from pathlib import Path

from repodojo.datasets.configuration import Configuration, Saved
from repodojo.tracking.provenance import Provenance

FIRST = Configuration("c1", "sample", {"seed": 0}, {"rows": "r"}, "abc", {"python": "3.11"})


def test_the_run_that_made_a_dataset_stays_its_maker(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    kept = Provenance(path)
    assert kept.record("instances", FIRST, Saved(1, "d1", tmp_path), "run-1")
    kept.write()
    again = Provenance(path)
    assert not again.record("instances", FIRST, Saved(0, "d1", tmp_path), "run-2")
    entry = again.datasets["instances"]
    assert (entry["run"], entry["commit"], entry["node"]) == ("run-1", "abc", "sample")
    assert again.configurations["c1"] == {"parameters": {"seed": 0}, "inputs": {"rows": "r"}}
    other = Configuration("c2", "sample", {"seed": 1}, {}, "def", {})
    assert again.record("instances", other, Saved(0, "d1", tmp_path), "run-3")
    assert again.datasets["instances"]["run"] == "run-1", "other settings led to the same content"
    assert again.datasets["instances"]["configuration"] == "c2"
    assert again.record("instances", other, Saved(1, "d2", tmp_path), "run-4")
    assert again.datasets["instances"]["commit"] == "def"
    again.write()
    assert set(json.loads(path.read_text())["configurations"]) == {"c2"}


def test_what_was_made_before_anything_was_kept_is_not_claimed(tmp_path: Path) -> None:
    kept = Provenance(tmp_path / "provenance.json")
    assert not kept.record("instances", FIRST, Saved(0, "d1", tmp_path), "run-1")
    assert kept.datasets == {}

"""A set of trajectories with verdicts enters the graph where a policy's own would; the sets are made here."""

import json
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.runner import SequentialRunner

from repodojo.curation.settings import CurationSettings
from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.imported import ImportedTrajectoriesDataset
from repodojo.pipelines import dedup_capping, verifier
from repodojo.settings import CONFIG_LOADER_ARGS
from repodojo.verifier.settings import VerifierSettings

CONF = Path(__file__).parents[2] / "conf"


def row(number: int, resolved: bool, attempt: int = 0) -> dict[str, Any]:
    """A row with the published columns of SWE-Gym's sampled trajectories."""
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "execute_bash", "arguments": json.dumps({"command": f"grep -n {attempt} a.py"})},
    }
    return {
        "instance_id": f"owner__repo-{number}_{attempt}",
        "run_id": "a-model_maxiter_50_N_v2.1",
        "resolved": resolved,
        "messages": [
            {"role": "system", "content": "You repair."},
            {"role": "user", "content": f"Issue {number}"},
            {"role": "assistant", "content": "Look.", "tool_calls": [call]},
            {"role": "tool", "content": "1: x", "tool_call_id": "call_1", "name": "execute_bash"},
            {"role": "assistant", "content": f"Done {attempt}."},
        ],
        "tools": [],
        "test_result": {"git_patch": "diff", "report": {"resolved": resolved}},
    }


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    made = [row(1, True), row(1, True, 1), row(1, False, 2), row(2, True), row(3, False)]
    return write(tmp_path / "rows.jsonl", made)


def imported(path: Path, part: str, **more: Any) -> ImportedTrajectoriesDataset:
    settings: dict[str, Any] = {"format": "swegym_sampled", "part": part, **more}
    return ImportedTrajectoriesDataset(filepath=str(path), **settings)


def test_a_public_set_goes_through_curation_and_into_verifier_rows_without_a_sandbox(
    rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPODOJO_TRAJECTORIES", str(rows))
    monkeypatch.setenv("REPODOJO_FORMAT", "swegym_sampled")
    loader = OmegaConfigLoader(str(CONF), env="imported", **CONFIG_LOADER_ARGS)
    names = [f"{who}.{part}" for who in ("teacher", "on_policy") for part in ("trajectories", "verdicts")]
    catalog = DataCatalog.from_config({name: loader["catalog"][name] for name in [*names, "instances"]})
    catalog["params:dedup_capping"] = MemoryDataset(CurationSettings(per_instance=1))
    settings = {"training": {"learning_rate": 1e-4, "epochs": 1, "seed": 0}, "max_characters": 9000}
    catalog["params:verifier"] = MemoryDataset(VerifierSettings.model_validate(settings))
    chosen = SequentialRunner().run(dedup_capping.create_pipeline(), catalog)
    assert [each.rollout_id for each in chosen["sft_trajectories"].load()] == [
        "owner__repo-1.0",
        "owner__repo-2.0",
    ]
    assert chosen["curation_report"].load()["repos"] == {
        "owner/repo": {"resolved": 3, "chosen": 2, "control": 2}
    }
    only = verifier.create_pipeline().filter(node_names=["build_verifier_rows"])
    built = SequentialRunner().run(only, catalog)["verifier_rows"].load()
    answers = sorted(each["messages"][-1]["content"] for each in built)
    assert answers == ["<judgement>NO</judgement>"] * 2 + ["<judgement>YES</judgement>"] * 2
    assert "<function=execute_bash>" in built[0]["messages"][1]["content"]


def test_each_part_loads(rows: Path) -> None:
    trajectories = imported(rows, "trajectories").load()
    verdicts = imported(rows, "verdicts").load()
    assert (
        list(trajectories)
        == list(verdicts)
        == [
            *(f"owner__repo-1.{attempt}" for attempt in range(3)),
            "owner__repo-2.0",
            "owner__repo-3.0",
        ]
    )
    assert [each.repo for each in imported(rows, "instances").load()] == ["owner/repo"] * 3
    assert trajectories["owner__repo-1.0"].turns[0].command == "grep -n 0 a.py"


def test_a_malformed_row_is_an_error_or_is_listed(rows: Path) -> None:
    broken = row(4, True)
    del broken["messages"]
    with rows.open("a") as file:
        file.write(json.dumps(broken) + '\n{"torn\n')
    with pytest.raises(
        DatasetError, match=r"rows.jsonl, row 6: field 'messages': expected list, found nothing"
    ):
        imported(rows, "trajectories").check()
    kept = imported(rows, "trajectories", rejected="rejected.jsonl")
    assert len(kept.load()) == 5
    listed = [json.loads(line) for line in (rows.parent / "rejected.jsonl").read_text().splitlines()]
    assert [each["where"][-5:] for each in listed] == ["row 6", "row 7"]
    assert listed[0]["instance_id"] == "owner__repo-4_0"


def test_the_parts_of_a_set_are_read_once_until_it_changes(rows: Path) -> None:
    first, second = (imported(rows, "trajectories").load() for _ in range(2))
    assert first["owner__repo-1.0"] is second["owner__repo-1.0"]
    write(rows, [row(1, False, 7)])
    assert imported(rows, "trajectories").load()["owner__repo-1.0"].turns[0].command == "grep -n 7 a.py"


def test_verdicts_can_come_from_a_report(tmp_path: Path) -> None:
    predictions = tmp_path / "preds.json"
    predictions.write_text(json.dumps({f"o__r-{n}": {"model_patch": "diff"} for n in range(3)}))
    report = tmp_path / "report.json"
    report.write_text(
        json.dumps({"resolved_ids": ["o__r-0"], "unresolved_ids": ["o__r-1"], "error_ids": ["o__r-2"]})
    )
    found = imported(predictions, "verdicts", format="predictions", report=str(report)).load()
    assert {key: verdict.outcome for key, verdict in found.items()} == {
        "o__r-0.0": "resolved",
        "o__r-1.0": "unresolved",
    }


def test_a_changed_file_or_another_format_is_another_input(rows: Path) -> None:
    before = imported(rows, "trajectories").identity()
    assert imported(rows, "trajectories").identity() == before
    assert imported(rows, "trajectories", format="openhands").identity() != before
    rows.write_text("")
    assert imported(rows, "trajectories").identity() != before


def test_an_imported_set_is_never_written_and_may_be_empty(rows: Path) -> None:
    with pytest.raises(DatasetError, match="is an imported set and only read"):
        imported(rows, "trajectories").save({"a": 1})
    empty = ImportedTrajectoriesDataset(filepath=None, format="repodojo", part="verdicts")
    assert (empty.load(), empty.exists()) == ({}, True)
    with pytest.raises(InputDatasetError, match="'part' must be one of trajectories, verdicts, instances"):
        imported(rows, "patches")


def test_a_missing_file_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist; expected a file of trajectories"):
        imported(tmp_path / "none.jsonl", "trajectories").check()
    with pytest.raises(
        DatasetError, match=r"format: expected one of repodojo, openhands, .*, found 'openhand'"
    ):
        imported(tmp_path, "trajectories", format="openhand").check()

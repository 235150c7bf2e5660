"""The command that puts seeds side by side."""

import json
from pathlib import Path

import pytest

from repodojo.reporting.over_seeds import main

ROW = {"k": 8, "greedy": 0.0, "mean": 0.5, "mean_shared": 0.5, "control": 0.0} | {
    "random_at_k": 0.5,
    "best_at_k": 1.0,
    "pass_at_k": 1.0,
}


def write(folder: Path, *names: str) -> str:
    folder.mkdir()
    rows = (json.dumps({"instance_id": name, **ROW}) for name in names)
    (folder / "instance_results.jsonl").write_text("\n".join(rows) + "\n")
    return str(folder)


def test_each_seed_has_a_column_and_all_have_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = [write(tmp_path / seed, "a", "b") for seed in "01"]
    assert main([places[0], f"{places[1]}/instance_results.jsonl"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["%", places[0], f"{places[1]}/instance_results.jsonl", "all"]
    assert [line.split()[0] for line in lines[:2]] == ["greedy", "mean"]
    (gain,) = (line for line in lines if line.startswith("best@k less greedy"))
    assert gain.count("+100.0 [") == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a row for each instance, found none"),
        ("{", "expected a JSON object a line"),
        ("[]", "row 1: expected the fields best_at_k"),
        ('{"instance_id": "a"}', "row 1: expected the fields best_at_k"),
    ],
)
def test_a_bad_file_is_named(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "instance_results.jsonl"
    file.write_text(text)
    assert main([str(tmp_path)]) == 1
    assert f"{file}: {told}" in capsys.readouterr().err


def test_a_missing_file_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "run: kedro run --pipeline=inference_scaling" in capsys.readouterr().err


def test_without_places_it_says_how_it_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "over_seeds PLACE" in capsys.readouterr().err

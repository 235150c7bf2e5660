"""The bar of a training says how far it is and how long it still takes."""

import json
from pathlib import Path

import pytest

from repodojo.datasets.training_progress import training_progress

QUICK_S = 0.01


def log(scratch: Path, *steps: int, end: str = "\n") -> None:
    with (scratch / "metrics.jsonl").open("a") as file:
        file.write("\n".join(json.dumps({"step": step, "loss": 1 / step}) for step in steps) + end)


def test_trainings_used_to_be_silent_until_they_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with training_progress("policy training", tmp_path, QUICK_S):
        (tmp_path / "steps.txt").write_text("40\n")
        log(tmp_path, 1, 2, end='\n{"step": 3, ')
        log(tmp_path, end='"loss": 0.3}\n')
        log(tmp_path, *range(4, 41))
    said = capsys.readouterr().err
    assert "policy training: 100%" in said
    assert "40/40 [00:0" in said
    assert "loss 0.025" in said


def test_a_training_that_goes_on_starts_where_it_stood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "steps.txt").write_text("10\n")
    log(tmp_path, *range(1, 9))
    with training_progress("policy training", tmp_path, QUICK_S):
        log(tmp_path, 8, 9)
    said = capsys.readouterr().err
    assert "7/10" in said
    assert "9/10" in said


def test_a_training_that_fails_before_its_first_step_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        with training_progress("policy training", tmp_path, QUICK_S):
            (tmp_path / "steps.txt").write_text("10\n")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert capsys.readouterr().err == ""


def test_a_training_that_does_not_count_its_steps_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with training_progress("policy training", tmp_path, QUICK_S):
        log(tmp_path, 1)
    assert capsys.readouterr().err == ""

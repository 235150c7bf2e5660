"""What a user sees of an error: one message, no traceback."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from kedro.io import DatasetError

from repodojo.cli import explain
from repodojo.errors import InputError

ROOT = Path(__file__).parents[1]


def raised(*chain: Exception) -> Exception:
    """Return the last of the exceptions, each raised from the one before."""
    for inner, outer in pairwise(chain):
        outer.__cause__ = inner
    return chain[-1]


def test_the_message_of_the_innermost_error_raised_on_purpose_is_shown() -> None:
    wrapped = raised(
        KeyError("x"), InputError("rows.jsonl, row 2: no"), DatasetError("Failed while loading\nx")
    )
    assert explain(wrapped) == "rows.jsonl, row 2: no"
    assert explain(DatasetError("kedro says why")) == "kedro says why"


def test_a_programming_error_keeps_its_traceback() -> None:
    assert explain(raised(ValueError("a"), KeyError("b"))) is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--pipelines=samplin"], "Error: pipeline 'samplin' is unknown, did you mean 'sampling'?"),
        (["--pipeline=xyz"], "Error: pipeline 'xyz' is unknown, expected one of: __default__, "),
        (["--env=tset"], "Error: environment 'tset' has no folder in "),
        (
            ["--params=sampling.atempts=2"],
            "Error: parameter 'sampling.atempts' is unknown, did you mean 'attempts'?",
        ),
    ],
)
def test_a_mistyped_name_is_one_line(arguments: list[str], told: str, tmp_path: Path) -> None:
    assert_one_line(arguments, told, tmp_path, {})


def test_a_seed_that_is_no_number_is_told_by_its_own_name(tmp_path: Path) -> None:
    """It used to be told once for each of the parameters that it fills, and never by name."""
    told = "Error: environment variable REPODOJO_SEED: expected a whole number below 2^32, found 'abc';"
    assert_one_line([], told, tmp_path, {"REPODOJO_SEED": "abc"})


def assert_one_line(arguments: list[str], told: str, tmp_path: Path, environment: dict[str, str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kedro", "run", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
            "REPODOJO_DATA": str(tmp_path),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith(told), run.stderr
    assert len(run.stderr.splitlines()) == 1

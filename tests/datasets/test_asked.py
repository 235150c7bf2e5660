"""What the environment names is refused under its own name."""

import subprocess
from pathlib import Path

import pytest

from repodojo.datasets.asked import check_clones, check_seed
from repodojo.datasets.clones import ClonesDataset
from repodojo.datasets.errors import InputDatasetError
from repodojo.errors import InputError


@pytest.mark.parametrize("text", ["abc", "-1", "1.5", "4294967296", "9" * 5000, "٣"])
def test_a_seed_that_no_generator_takes_used_to_fail_after_the_sampling(text: str) -> None:
    check_seed("0")
    with pytest.raises(InputError, match=r"REPODOJO_SEED: expected a whole number below 2\^32, found"):
        check_seed(text)


def test_a_mistyped_folder_of_clones_used_to_be_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "clones").mkdir()
    check_clones("", tmp_path)
    check_clones("clones", tmp_path)
    with pytest.raises(InputError, match="REPODOJO_CLONES: expected a folder of git clones, found 'clnoes'"):
        check_clones("clnoes", tmp_path)


def test_a_folder_without_a_clone_used_to_be_mined_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clones, recipes = tmp_path / "clones", tmp_path / "recipes"
    recipes.mkdir()
    ClonesDataset(path=str(clones), recipes=str(recipes)).check()
    (clones / "an export").mkdir(parents=True)
    with pytest.raises(InputDatasetError, match=r"expected git clones, .*, found an export; clone into it"):
        ClonesDataset(path=str(clones), recipes=str(recipes)).check()
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), (*who, "commit", "-q", "--allow-empty", "-m", "first")):
        subprocess.run(["git", *command], cwd=_made(clones / "déjà vu"), check=True)
    dataset = ClonesDataset(path=str(clones), recipes=str(recipes))
    dataset.check()
    assert "passed over, for they are neither git clones nor sets of rows: an export" in caplog.text
    assert [clone.repo for clone in dataset.load().repositories] == ["local/d-j--vu"]


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder

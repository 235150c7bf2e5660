"""Folders of files: whole or absent."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from repodojo.datasets.folders import FolderOfFilesDataset


def test_texts_bytes_files_and_late_texts_are_written(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"\x00")
    dataset = FolderOfFilesDataset(filepath=str(tmp_path / "made/folder"))
    assert not dataset.exists()
    with pytest.raises(DatasetError, match="does not exist"):
        dataset.load()
    (tmp_path / "made").mkdir()
    dataset.save({"a.txt": "ä", "b/c.bin": b"\xff", "d": source, "e": lambda: "late"})
    folder = dataset.load()
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert found == {"a.txt": "ä".encode(), "b/c.bin": b"\xff", "d": b"\x00", "e": b"late"}
    dataset.save({"only": "this"})
    assert [path.name for path in folder.iterdir()] == ["only"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    dataset = FolderOfFilesDataset(filepath=str(tmp_path / "folder"))
    dataset.save({"a": "1"})

    def fail() -> str:
        raise ValueError("no text")

    with pytest.raises(DatasetError, match="no text"):
        dataset.save({"a": "2", "b": fail})
    assert (dataset.load() / "a").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/../../x", ""])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="expected relative paths"):
        FolderOfFilesDataset(filepath=str(tmp_path / "folder")).save({name: "x"})

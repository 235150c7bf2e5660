from pathlib import Path

import pytest

from repodojo.datasets.files import check_writable, read_json, write_json
from repodojo.errors import InputError


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """It used to be found out by MLflow, with a traceback, or after minutes of work."""
    check_writable(tmp_path / "data")
    assert not list((tmp_path / "data").iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"data folder .*file/data: .*Not a directory; make room or mend"):
        check_writable(tmp_path / "file/data")


def test_a_patch_of_a_file_that_is_no_utf8_comes_back(tmp_path: Path) -> None:
    """A lone surrogate used to end the run that had made the patch, with a UnicodeEncodeError."""
    patch = {"model_patch": b"-# caf\xe9 \\\n".decode(errors="surrogateescape")}
    write_json(tmp_path / "record.json", patch)
    assert read_json(tmp_path / "record.json") == patch

"""A recipe's own commands: what they see, what stays of them, and what is refused."""

import io
import tarfile
from datetime import UTC, datetime

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.install_commands import read_added
from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.recipes.source_packages import WheelMaker
from repodojo.errors import BuildError

BACKEND = """
import pathlib, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    needs = pathlib.Path("needs.txt").read_text().strip()
    with zipfile.ZipFile(folder + "/made-1.0-py3-none-any.whl", "w") as wheel:
        metadata = f"Name: made\\nVersion: 1.0\\nRequires-Dist: {needs}\\n"
        wheel.writestr("made-1.0.dist-info/METADATA", metadata)
    return "made-1.0-py3-none-any.whl"
"""
FILES = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    "backend.py": BACKEND,
    "needs.txt": "six==0.1\n",
    "made.py": "",
}
COMMANDS = (
    "sed -i s/0.1/1.12/ needs.txt",
    "mkdir -p data build && echo made >data/made.txt && touch build/object.o made.pyc",
    "printf '#!/bin/sh\\n' >run.sh && chmod +x run.sh && ln -s /etc/passwd secrets",
    "python -c 'import tiny_helper; print(tiny_helper.VERSION)' >seen.txt",
    "! python -c 'import urllib.request as r; r.urlopen(\"http://127.0.0.1\", timeout=2)' 2>/dev/null",
)


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


@pytest.fixture
def read(package_index, sandboxes, tmp_path):
    """What reads a tree with some commands."""
    interpreter = next(found for found in find_interpreters() if found.version >= (3, 11))
    maker = WheelMaker(sandboxes, Folders(tmp_path), interpreter, datetime(2023, 1, 1, tzinfo=UTC))

    def read(files, *commands):
        recipe = Recipe(repo="a/b", python=interpreter.short, requirements=("tiny-helper",), install=commands)
        return maker.read(
            "it", {path: Blob("100644", text.encode()) for path, text in files.items()}, "1.0", recipe
        )

    return read


def test_commands_add_files_and_change_what_is_built_but_no_tracked_file(read):
    built = read(FILES, *COMMANDS)
    assert built.requires == ("six==1.12",)
    assert dict(built.added) == {"data/made.txt": b"made\n", "run.sh": b"#!/bin/sh\n", "seen.txt": b"1.0\n"}
    assert built.programs == {"run.sh"}


def test_a_command_that_fails_is_named_with_what_it_said(read):
    with pytest.raises(
        BuildError, match=r"install_fails: command 2, 'echo no >&2; exit 3', ended with 3: no"
    ):
        read(FILES, "true", "echo no >&2; exit 3")


def test_sources_that_nothing_builds_may_still_be_made_ready(read):
    built = read({"made.py": ""}, "echo 1 >version.txt")
    assert dict(built.added) == {"version.txt": b"1\n"}
    assert built.fault.startswith("no_build: ")


def archive(*members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, kind, data in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "a/../../outside"])
def test_a_path_that_leads_outside_is_refused(name):
    with pytest.raises(BuildError, match=r"install_fails: the commands wrote"):
        read_added(archive((name, tarfile.REGTYPE, b"x")), {})


def test_commands_do_not_decide_how_tests_are_run():
    files = [("data/a.txt", tarfile.REGTYPE, b"x"), ("./tests/conftest.py", tarfile.REGTYPE, b"x")]
    with pytest.raises(BuildError, match=r"wrote tests/conftest\.py, which would decide how tests are run"):
        read_added(archive(*files), {})
    tracked = {"tests/conftest.py": Blob("100644", b"")}
    assert read_added(archive(*files), tracked).files == {"data/a.txt": b"x"}


def test_links_devices_and_torn_archives_leave_nothing():
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    assert (
        read_added(archive(*((f"x{number}", kind, b"") for number, kind in enumerate(kinds))), {}).files == {}
    )
    with pytest.raises(BuildError, match="cannot be read"):
        read_added(b"no tar" * 200, {})
    with pytest.raises(BuildError, match="too much, 20001 files"):
        read_added(archive(*((f"f{number}", tarfile.REGTYPE, b"") for number in range(20_001))), {})

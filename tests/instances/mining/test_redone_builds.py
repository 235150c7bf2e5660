"""Commits that share an environment: each sees what its own packaging makes, not what another's made."""

import pytest

from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.workshop import Workshop
from repodojo.instances.mining.clones import find_clones
from repodojo.instances.mining.rows import read_clone_rows, wanted_of
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.mining.validation import validate_row
from repodojo.instances.sources.clone import open_clone

BACKEND = """
import os, pathlib, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    packaging = pathlib.Path("packaging.txt").read_text().split()
    with zipfile.ZipFile(os.path.join(folder, "tiny-1-py3-none-any.whl"), "w") as wheel:
        for path in pathlib.Path("tiny").rglob("*.py"):
            wheel.write(path, str(path))
        wheel.writestr("tiny/_build.py", "number = %d\\n" % len(packaging))
        for name in packaging:
            wheel.writestr("tiny/data/%s.txt" % name, name)
        points = "".join("%s = tiny:double\\n" % name for name in packaging)
        wheel.writestr("tiny-1.dist-info/entry_points.txt", "[tiny.commands]\\n" + points)
        wheel.writestr("tiny-1.dist-info/METADATA", "Name: tiny\\nVersion: 1\\n")
    return "tiny-1-py3-none-any.whl"
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["_build"]
[project]
name = "tiny"
version = "1"
"""
CODE = "def double(x):\n    return x + abs(x)\n"
TESTS = """
import importlib.metadata, importlib.util, pathlib
import tiny
from tiny._build import number

def seen():
    data = {path.stem for path in (pathlib.Path(tiny.__file__).parent / "data").iterdir()}
    points = {point.name for point in importlib.metadata.entry_points(group="tiny.commands")}
    assert number == len(data)
    return data, points

def test_packaging():
    assert seen() == (EXPECTED, EXPECTED)
    assert bool(importlib.util.find_spec("tiny.extra")) == ("two" in EXPECTED)

def test_double():
    assert tiny.double(-2) == RESULT
"""


@pytest.fixture
def clone(new_repository, tmp_path):
    """Two repairs; between them a commit adds a module, package data, an entry point and a built version."""
    repository = new_repository(tmp_path / "clones" / "tiny")
    files = {"pyproject.toml": PYPROJECT, "_build/backend.py": BACKEND, "packaging.txt": "one\n"}

    def tests(expected, result):
        return {"tests/test_tiny.py": TESTS.replace("EXPECTED", repr(expected)).replace("RESULT", result)}

    repository.commit("Start", {**files, "tiny/__init__.py": CODE, **tests({"one"}, "0")})
    repaired = CODE.replace("abs(x)", "x")
    repository.commit("Repair", {"tiny/__init__.py": repaired, **tests({"one"}, "-4")})
    more = {"packaging.txt": "one\ntwo\n", "tiny/extra.py": "", "tiny/__init__.py": CODE}
    repository.commit("Package more", {**more, **tests({"one", "two"}, "0")})
    repository.commit("Repair again", {"tiny/__init__.py": repaired, **tests({"one", "two"}, "-4")})
    return tmp_path / "clones"


def test_the_build_is_redone_at_each_base_commit(clone, package_index, sandboxes, tmp_path):
    """A folder installed once for all commits would show each the first one's packaging."""
    settings = MiningSettings(repeats=2)
    workshop = Workshop(sandboxes, tmp_path / "environments", tmp_path / "layers")
    builder = Builder(sandboxes, Folders(workshop.environments))
    (repository,) = find_clones(clone)
    opened, rows = open_clone(repository.path), read_clone_rows(repository, settings)
    (wanted,) = rows.wanted
    built = builder.build_from(wanted_of(wanted), lambda: opened.tree(wanted["commit"]))
    repairs = [row for row in rows.rows if row.problem_statement.startswith("Repair")]
    assert len(repairs) == 2
    folders = []
    for row in repairs:
        validation = validate_row(row, opened, built, settings, builder, workshop)
        assert validation.stage == "valid", validation.reason
        assert validation.instance.FAIL_TO_PASS == ("tests/test_tiny.py::test_double",)
        assert validation.instance.PASS_TO_PASS == ("tests/test_tiny.py::test_packaging",)
        folders.append(workshop.environments / validation.instance.environment)
    assert len({(folder / "packages").resolve() for folder in folders}) == 1
    made = {
        tuple(sorted(path.name for path in (folder / "source/tiny/data").iterdir())) for folder in folders
    }
    assert made == {("one.txt",), ("one.txt", "two.txt")}

"""A clone with a build of its own, a package index, and sandboxes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.environments.recipes import conftest as recipes

package_index = recipes.package_index

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["_build"]
[project]
name = "tiny"
dynamic = ["version"]
"""
BACKEND = """
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    version, name = os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"], "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("tiny/_version.py", "version = %r\\n" % version)
        wheel.write("src/tiny/__init__.py", "tiny/__init__.py")
        metadata = "Name: tiny\\nVersion: %s\\nRequires-Dist: tiny-helper\\n" % version
        wheel.writestr("tiny-1.dist-info/METADATA", metadata)
    return name
"""
TESTS_OF_BASE = """
import importlib.metadata
import os
import subprocess
import sys
import tiny_helper
from tiny import double, version

def test_zero():
    assert double(0) == 0

def test_surroundings():
    assert tiny_helper.VERSION == "1.0"
    assert importlib.metadata.version("tiny") == version == "1.4"
    assert os.environ["TZ"] == "UTC"
    assert os.environ["PYTHONHASHSEED"] == "0"
    assert subprocess.run([sys.executable, "-c", "import tiny"]).returncode == 0
"""


CODE_OF_BASE = "from tiny._version import version\n\ndef double(x):\n    return x + abs(x)\n"
TESTS_OF_REPAIR = """

import shutil
import pytest

def test_needs_a_program():
    assert shutil.which("setsid")

def test_negative():
    assert double(-2) == -4

@pytest.mark.parametrize("x", [1], ids=lambda x: os.urandom(4).hex())
def test_unstable_name(x):
    assert double(x) == 2

def test_fails_before_the_grader():
    assert os.path.exists("/tmp/hidden.patch")

def test_needs_a_network():
    raise OSError("no network")
"""


@pytest.fixture(scope="session")
def clones(tmp_path_factory: pytest.TempPathFactory, new_repository) -> Path:
    """A folder with one clone: base, repair, new function, layout alone, a change that no test notices."""
    folder = tmp_path_factory.mktemp("clones")
    repository = new_repository(folder / "tiny")
    code, tests = CODE_OF_BASE, TESTS_OF_BASE
    files = {"pyproject.toml": PYPROJECT, "_build/backend.py": BACKEND, "README": "tiny\n"}
    files["src/tiny/fr/LC_MESSAGES/tiny.po"] = 'msgid "two"\nmsgstr "deux"\n'
    repository.commit("Start", {**files, "src/tiny/__init__.py": code, "tests/test_tiny.py": tests})
    repository.git("tag", "v1.4")
    code, tests = code.replace("abs(x)", "x"), tests + TESTS_OF_REPAIR
    repository.commit("Double negative numbers", {"src/tiny/__init__.py": code, "tests/test_tiny.py": tests})
    code += "\n\ndef triple(x):\n    return 3 * x\n"
    tests = tests.replace("import double, ", "import double, triple, ")
    tests += "\n\ndef test_triple():\n    assert triple(2) == 6\n"
    repository.commit("Add triple", {"src/tiny/__init__.py": code, "tests/test_tiny.py": tests})
    tidy = {"src/tiny/__init__.py": code + "\n", "tests/test_tiny.py": tests + "\n"}
    repository.commit("Tidy", tidy)
    code = code.replace("3 * x", "x * 3")
    tests += "    assert triple(0) == 0\n"
    repository.commit("Turn around", {"src/tiny/__init__.py": code, "tests/test_tiny.py": tests})
    repository.git("remote", "add", "origin", "https://github.com/an/tiny.git")
    return folder


@pytest.fixture(scope="session")
def sandboxes(start_backend) -> Iterator[object]:
    yield from start_backend("overlay")

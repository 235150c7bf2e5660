import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from repodojo.environments.recipes.poetry import poetry_lines
from repodojo.environments.recipes.project_files import (
    merge,
    read_pipfile,
    read_pyproject,
    read_setup_cfg,
    read_setup_py,
)


def test_pyproject_groups_include_others():
    found = read_pyproject(
        """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"
        [project]
        name = "thing"
        requires-python = ">=3.9"
        classifiers = ["Programming Language :: Python :: 3.9", "Programming Language :: Python :: 3"]
        optional-dependencies.tests = ["freezegun"]
        optional-dependencies.docs = ["sphinx"]
        [dependency-groups]
        base = ["pytest"]
        test = [{include-group = "base"}, "hypothesis"]
        """
    )
    assert found.groups == {
        "dependency-groups: test": ("pytest", "hypothesis"),
        "optional-dependencies: tests": ("freezegun",),
    }
    assert (found.name, found.requires_python, found.pythons, found.extras) == (
        "thing", ">=3.9", ("3.9",), ("tests",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "expected"),
    [("^1.2.3", ">=1.2.3,<2"), ("^0.2", ">=0.2,<0.3"), ("~1.2", ">=1.2,<1.3"), ("1.4", "==1.4"), ("*", "")],
)
def test_poetry_versions_become_bounds(version, expected):
    (line,) = poetry_lines({"python": "^3.7", "dep": version, "mine": {"git": "https://example.invalid"}})
    assert Requirement(line).specifier == Requirement(f"dep{expected}").specifier


@given(st.from_regex(r"[~^]?[0-9]{1,3}(\.[0-9]{1,3}){0,3}", fullmatch=True))
def test_every_poetry_version_is_a_valid_requirement(version):
    (line,) = poetry_lines(
        {"dep": {"version": version, "extras": ["a"], "markers": "python_version < '3.9'"}}
    )
    assert Requirement(line).name == "dep"


def test_setup_cfg_lists():
    found = read_setup_cfg(
        "[metadata]\nname = thing\n[options]\npython_requires = >=3.6\ninstall_requires =\n  six\n"
        "  attrs>=19\n"
        "tests_require = pytest\n[options.extras_require]\ntesting =\n  mock\nspeed =\n  cython\n"
    )
    assert found.dependencies == ("six", "attrs>=19")
    assert found.groups == {
        "setup.cfg options.extras_require: testing": ("mock",),
        "setup.cfg tests_require": ("pytest",),
    }


def test_setup_py_is_read_and_never_run(tmp_path):
    marker = tmp_path / "ran"
    found = read_setup_py(
        f"open({str(marker)!r}, 'w')\n"
        "from setuptools import setup\n"
        "REQ = ['six']\n"
        "TESTS = ['mock'] + ['pytest>=3']\n"
        "setup(name='thing', install_requires=REQ, tests_require=TESTS, extras_require={'dev': TESTS},\n"
        "      python_requires='>=3.5', version=read('VERSION'))\n"
    )
    assert not marker.exists()
    assert (found.name, found.dependencies, found.requires_python) == ("thing", ("six",), ">=3.5")
    assert found.groups["setup.py tests_require"] == ("mock", "pytest>=3")


def test_the_first_file_that_says_something_counts():
    merged = merge(
        [
            read_pyproject("[project]\nname = 'a'"),
            read_setup_cfg("[metadata]\nname = b"),
            read_pipfile("[dev-packages]\nmock = '*'"),
        ]
    )
    assert merged.name == "a"
    assert merged.groups == {"Pipfile dev-packages": ("mock",)}

"""Which of a project's own pytest options reach a graded run."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.own_options import collection_options
from repodojo.grading.test_run import run_tests

SAME_NAME = {"tests/a/test_same.py": "def test_a(): pass\n", "tests/b/test_same.py": "def test_b(): pass\n"}


def options(files):
    return collection_options(files.get)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-ra --import-mode=importlib -x'\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--import-mode', 'importlib']\n"},
        {"pyproject.toml": "[tool.pytest]\naddopts = ['--import-mode=importlib']\n"},
        {"pytest.toml": "[pytest]\naddopts = ['--import-mode=importlib']\n"},
        {"pytest.ini": "[pytest]\naddopts =\n    --color=yes\n    --import-mode=importlib\n"},
        {"tox.ini": "[tox]\n[pytest]\naddopts = --import-mode=importlib %(x)s\n"},
        {"setup.cfg": "[tool:pytest]\naddopts = --import-mode=importlib\n"},
    ],
)
def test_the_import_mode_is_found_where_pytest_looks(files):
    assert options(files) == ["--import-mode=importlib"]


def test_the_first_file_that_speaks_of_pytest_counts_alone():
    other = {"setup.cfg": "[tool:pytest]\naddopts = --import-mode=importlib\n"}
    assert options({"pytest.ini": "", **other}) == []
    assert options({"pyproject.toml": "[tool.black]\n", "tox.ini": "[tox]\n", **other}) != []


def test_options_of_plugins_become_settings_that_do_no_harm_without_the_plugin():
    given_options = "--asyncio-mode=auto --ds tests.settings -p pytester"
    found = options({"pytest.ini": f"[pytest]\naddopts = {given_options}\n"})
    assert found == ["-oasyncio_mode=auto", "-oDJANGO_SETTINGS_MODULE=tests.settings", "-ppytester"]


@pytest.mark.parametrize(
    "given_options",
    [
        "--collect-only", "-p calc.plugin", "-pno:terminal", "-k nothing", "--deselect test_it.py", "-x",
        "--color=yes", "--import-mode=other", "--import-mode", "--ds=../x", "--asyncio-mode auto=1", "'",
        "-p", "--junitxml=x", "--maxfail=1", "--runxfail", "-c other.ini", "--rootdir=/", "-o addopts=-x",
    ],
)  # fmt: skip
def test_options_that_forge_or_colour_results_do_not_pass(given_options):
    assert options({"pytest.ini": f"[pytest]\naddopts = {given_options}\n"}) == []


@given(st.dictionaries(st.sampled_from(["pytest.ini", "pyproject.toml", "setup.cfg"]), st.text()))
def test_no_file_breaks_the_reading(files):
    assert options(files) == []


@given(st.lists(st.sampled_from(["--import-mode=importlib", "-p", "x", "--ds=a.b", "-o", "--", "-x", "'"])))
def test_nothing_but_allowed_options_ever_passes(words):
    found = options({"pytest.ini": f"[pytest]\naddopts = {' '.join(words)}\n"})
    assert set(found) <= {"--import-mode=importlib", "-oDJANGO_SETTINGS_MODULE=a.b"}


def run_of(project, sandboxes, files, tests):
    written = {path: text.encode() for path, text in files.items()}
    spec = replace(project.spec)
    return run_tests(sandboxes, spec, tests, 60, written)


def test_files_of_one_name_are_collected_by_the_projects_import_mode(project, sandboxes):
    mode = {"pytest.ini": "[pytest]\naddopts = --import-mode=importlib --collect-only -p no:terminal\n"}
    run = run_of(project, sandboxes, SAME_NAME | mode, list(SAME_NAME))
    assert set(run.statuses.values()) == {"PASSED"}
    assert len(run.statuses) == 2
    assert "ERROR" in run_of(project, sandboxes, SAME_NAME, list(SAME_NAME)).statuses.values()


def test_required_plugins_and_unknown_settings_stop_no_run(project, sandboxes):
    config = "[pytest]\nrequired_plugins = pytest-cov>=4\nstrict_config = true\nunheard_of = 1\n"
    run = run_of(
        project,
        sandboxes,
        {"pytest.ini": config, "tests/a/test_same.py": "def test_a(): pass\n"},
        ["tests/a"],
    )
    assert run.statuses == {"tests/a/test_same.py::test_a": "PASSED"}


def test_asyncio_mode_without_its_plugin_stops_no_run(project, sandboxes):
    config = "[pytest]\naddopts = --asyncio-mode=auto --strict-markers\n"
    run = run_of(project, sandboxes, {"pytest.ini": config} | SAME_NAME, ["tests/a/test_same.py"])
    assert run.statuses == {"tests/a/test_same.py::test_a": "PASSED"}


@pytest.mark.parametrize("value", ["[" * 100_000 + "]" * 100_000, "9" * 5000], ids=["nested", "long number"])
def test_a_file_that_no_parser_takes_has_no_options(value):
    """It used to end the whole run."""
    assert options({"pyproject.toml": f"[tool.x]\nk = {value}\n"}) == []

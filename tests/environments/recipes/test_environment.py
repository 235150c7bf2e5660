from datetime import UTC, datetime

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.layers import sandbox_spec
from repodojo.environments.recipes import environment, trials
from repodojo.environments.recipes.environment_records import Wanted
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.recipe import Recipe
from repodojo.errors import BuildError
from repodojo.grading.test_run import run_tests


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


def test_tests_that_hang_are_tried_once(package_index, sandboxes, tmp_path, monkeypatch):
    """Every recipe on every Python used to wait half an hour for them."""
    monkeypatch.setattr(trials, "TESTS_S", 3.0)
    files = {
        "Pipfile": "[dev-packages]\ntiny-helper = '*'\n",
        "tests/test_it.py": "import time\n\ndef test_it():\n    time.sleep(600)\n",
    }
    tree = {path: Blob("100644", text.encode()) for path, text in files.items()}
    wanted = Wanted("it", "a/it", "", datetime(2024, 1, 1, tzinfo=UTC), ("tests/test_it.py",))
    built = environment.Builder(sandboxes, Folders(tmp_path)).build(wanted, tree)
    (build, tests) = built.attempts
    assert (build.stage, tests.reason.partition(";")[0]) == ("build", "tests_do_not_run: timeout")


PLUGIN = "def pytest_addoption(parser):\n    parser.addoption('--tiny-run')\n"
TESTS = """
import os, subprocess

def test_surroundings(request):
    assert request.config.getoption("--tiny-run") == "yes please"
    assert os.environ["DATABASE"] == "sqlite://"
    assert open("made.txt").read() == "made\\n"
    assert os.environ["TZ"] == "UTC"
"""
FILES = {"plugin_of_it.py": PLUGIN, "tests/test_it.py": TESTS}
WANTED = Wanted("it", "a/it", "", datetime(2024, 1, 1, tzinfo=UTC), ("tests/test_it.py",))


def tree_of(files):
    return {path: Blob("100644", text.encode()) for path, text in files.items()}


def recipe_for(python, **more):
    test = {
        "options": ["-p", "plugin_of_it", "--tiny-run=yes please"],
        "variables": {"DATABASE": "sqlite://"},
    }
    fields = {
        "repo": "a/it",
        "python": python,
        "requirements": [],
        "install": ["echo made >made.txt"],
        "test": test,
    }
    return Recipe.model_validate({**fields, **more})


@pytest.fixture(scope="module")
def python():
    return next(found.short for found in find_interpreters() if found.version >= (3, 11))


def test_a_recipes_commands_options_and_variables_make_its_environment(
    package_index, sandboxes, tmp_path, python
):
    folders = Folders(tmp_path)
    recipe = recipe_for(python)
    built = environment.Builder(sandboxes, folders, [recipe]).build(WANTED, tree_of(FILES))
    assert built.works, built.failure
    assert environment.recipe_of(built).test == recipe.test
    builder = environment.Builder(sandboxes, folders)
    metadata = builder.build_metadata("row", tree_of(FILES), built)
    folder = builder.prepare("row", tree_of(FILES), built, metadata)
    run = run_tests(sandboxes, sandbox_spec((folder / "source",), folder), WANTED.test_files, 60.0)
    assert run.statuses == {"tests/test_it.py::test_surroundings": "PASSED"}, run.log
    other = recipe_for(
        python, test={**recipe.test.model_dump(), "variables": {"DATABASE": "sqlite://", "B": "1"}}
    )
    again = environment.Builder(sandboxes, folders, [other]).build(WANTED, tree_of(FILES))
    assert (again.works, again.pins) == (True, built.pins)
    assert again.digest != built.digest


def test_commands_that_fail_at_another_commit_are_no_silence(package_index, sandboxes, tmp_path, python):
    """A tree that did not build used to run without what its build adds."""
    made = recipe_for(python, install=["grep -q 'yes please' tests/test_it.py", "echo made >made.txt"])
    builder = environment.Builder(sandboxes, Folders(tmp_path), [made])
    built = builder.build(WANTED, tree_of(FILES))
    assert built.works, built.failure
    with pytest.raises(BuildError, match="install_fails: command 1"):
        builder.build_metadata("row", tree_of({**FILES, "tests/test_it.py": ""}), built)


def test_a_written_recipe_whose_system_packages_lack_is_one_reason(
    package_index, sandboxes, tmp_path, python
):
    written = recipe_for(python, system_packages=["no-such-a", "no-such-b"])
    built = environment.Builder(sandboxes, Folders(tmp_path), [written]).build(WANTED, tree_of(FILES))
    (attempt,) = built.attempts
    assert (built.works, attempt.stage) == (False, "system")
    assert "no-such-a no-such-b" in built.failure


def test_found_system_packages_that_lack_are_listed_and_the_others_are_there(
    package_index, sandboxes, tmp_path
):
    test = "def test_it():\n    assert True\n"
    files = {"tests/test_it.py": test, "Makefile": "deps:\n\tapt-get install -y no-such-a dpkg\n"}
    built = environment.Builder(sandboxes, Folders(tmp_path)).build(WANTED, tree_of(files))
    assert built.works, built.failure
    lacking = next(attempt for attempt in built.attempts if attempt.stage == "system")
    assert "no-such-a" in lacking.reason
    assert "no-such-a" not in built.recipe["system_packages"]
    assert built.system_packages == sandboxes.system_packages(built.recipe["system_packages"])


@pytest.mark.docker
def test_docker_makes_a_recipes_environment_with_its_system_packages(
    package_index, start_backend, tmp_path, python
):
    more = "\n\ndef test_package():\n    assert subprocess.run(['tree', '--version']).returncode == 0\n"
    files = {**FILES, "tests/test_it.py": TESTS + more}
    recipe = recipe_for(python, system_packages=["tree"], install=["tree --version", "echo made >made.txt"])
    for backend in start_backend("docker"):
        built = environment.Builder(backend, Folders(tmp_path), [recipe]).build(WANTED, tree_of(files))
        assert built.works, built.failure
        assert built.attempts[-1].passed == 2
        (package,) = built.system_packages
        assert package.startswith("tree=")

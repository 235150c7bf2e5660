from datetime import UTC, datetime

import pytest
from tests.environments.recipes.counted import SLEEPING, Counted

from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.layers import sandbox_spec
from repodojo.environments.recipes import environment, install_commands, trials, wheel
from repodojo.environments.recipes.candidates import choose_pythons
from repodojo.environments.recipes.declarations import read_declarations
from repodojo.environments.recipes.environment_records import Wanted
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.recipe import Recipe
from repodojo.errors import BuildError
from repodojo.grading.test_run import run_tests


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A root whose interpreters and packages the tests share."""
    return Folders(tmp_path_factory.mktemp("environments"))


def test_tests_that_hang_are_tried_once(package_index, sandboxes, folders, monkeypatch):
    """Every recipe on every Python used to wait half an hour for them."""
    monkeypatch.setattr(trials, "TESTS_S", 3.0)
    files = {
        "Pipfile": "[dev-packages]\ntiny-helper = '*'\n",
        "tests/test_it.py": "import time\n\ndef test_it():\n    time.sleep(600)\n",
    }
    tree = {path: Blob("100644", text.encode()) for path, text in files.items()}
    wanted = Wanted("it", "a/it", "", datetime(2024, 1, 1, tzinfo=UTC), ("tests/test_it.py",))
    built = environment.Builder(sandboxes, folders).build(wanted, tree)
    (build, tests) = built.attempts
    assert (build.stage, tests.reason.partition(";")[0]) == ("build", "tests_do_not_run: timeout")


def test_a_build_that_sleeps_is_tried_once(package_index, sandboxes, folders, monkeypatch):
    """It used to hold a worker half an hour twice on each Python, and at each commit of the environment."""
    monkeypatch.setattr(wheel, "BUILD_S", 2.0)
    here = [found.short for found in find_interpreters()]
    last = choose_pythons(read_declarations({}), WANTED.date, here)[:2][-1]
    test = f"import sys\n\ndef test_it():\n    assert '%d.%d' % sys.version_info[:2] == '{last}'\n"
    build = "[build-system]\nrequires = ['tiny-helper']\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    tree = tree_of({"pyproject.toml": build, "backend.py": SLEEPING, "tests/test_it.py": test})
    counted = Counted(sandboxes)
    builder = environment.Builder(counted, folders)
    built = builder.build(WANTED, tree)
    assert built.works, built.failure
    assert built.recipe["python"] == last
    (attempt,) = (attempt for attempt in built.attempts if attempt.stage == "build")
    assert attempt.reason.startswith("does_not_build: timeout: not done after 2 s: ")
    assert builder.build_metadata("row", tree, built) is None
    assert counted.builds == 1
    assert not [path for path in folders.root.iterdir() if "it" in path.name.split(".")]


BUILDABLE = "[build-system]\nrequires = []\nbuild-backend = 'backend'\n"


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"link": Blob("120000", b"tests"), "link/made.py": Blob("100644", b"")}, "outside: "),
        ({"a" * 300: Blob("100644", b"")}, "no_path: "),
    ],
)
def test_a_tree_that_cannot_be_written_is_tried_once(package_index, sandboxes, folders, odd, reason):
    """It used to be tried twice on every Python, and once more with each recipe."""
    tree = {"pyproject.toml": Blob("100644", BUILDABLE.encode()), **odd}
    counted = Counted(sandboxes)
    built = environment.Builder(counted, folders).build(WANTED, tree)
    (attempt,) = built.attempts
    assert (attempt.stage, counted.builds) == ("build", 0)
    assert attempt.reason.startswith(reason)
    nothing_to_build = environment.Builder(sandboxes, folders).build(WANTED, odd)
    assert [attempt.reason.partition(": ")[0] for attempt in nothing_to_build.attempts] == [
        "no_build",
        reason.partition(": ")[0],
    ]


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
    package_index, sandboxes, folders, python
):
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


def test_commands_that_sleep_are_run_once(package_index, sandboxes, folders, monkeypatch, python):
    """They used to be run again with tools of today."""
    monkeypatch.setattr(install_commands, "COMMANDS_S", 1.0)
    counted, asleep = Counted(sandboxes), recipe_for(python, install=["echo awake; sleep 600"])
    built = environment.Builder(counted, folders, [asleep]).build(WANTED, tree_of(FILES))
    (attempt,) = built.attempts
    said = "command 1, 'echo awake; sleep 600', not done after 1 s: awake"
    assert (counted.builds, attempt.reason) == (1, f"install_fails: timeout: {said}")


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

"""What tools and CI say of system packages, variables and pytest's options."""

from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.candidates import found_around
from repodojo.environments.recipes.declarations import read_declarations
from repodojo.environments.recipes.tool_commands import (
    Found,
    merge_found,
    read_nox_commands,
    read_pyproject_commands,
    read_shell,
    read_tox_commands,
)

CI = """
jobs:
  test:
    steps:
      - run: |
          sudo apt-get update && sudo apt-get install -y --no-install-recommends libpq-dev=15 \\
            graphviz git $EXTRA python3-dev
          apt install 'libxml2-dev' && pytest -p pytester --cov tests
"""
TRAVIS = """
addons:
  apt:
    sources:
      - some-source
    packages:
      - libenchant-2-dev
      - "hunspell-en-us"
install:
  - pip install .
"""
TOX = """
[testenv]
setenv =
    PYTHONPATH = {toxinidir}
    SETTINGS = {toxinidir}/settings.ini
    SECRET = {env:SECRET}
    SLOW=1
commands = pytest --ds=tests.settings -n 4 -k fast {posargs}
[testenv:docs]
setenv = DOCS = 1
"""
NOX = """
@nox.session
def tests(session):
    session.run("pytest", "--import-mode=importlib", *session.posargs, env={"SLOW": "1", "FORCE_COLOR": "1"})

@nox.session
def docs(session):
    session.run("pytest", "--asyncio-mode=auto", env={"DOCS": "1"})
"""


def test_packages_of_ci_are_found_without_what_every_sandbox_has_and_without_pythons():
    assert read_shell(CI) == Found(("libpq-dev", "graphviz", "libxml2-dev"), (), ("-p", "pytester"))
    assert read_shell(TRAVIS).system_packages == ("libenchant-2-dev", "hunspell-en-us")
    assert read_shell("RUN apt-get -qq install -y gettext; true\n").system_packages == ("gettext",)


def test_variables_and_options_of_tox_and_nox_are_found_where_they_are_plain():
    tox = read_tox_commands(TOX)
    assert tox.variables == (("SETTINGS", "/testbed/settings.ini"), ("SLOW", "1"))
    assert tox.options == ("-o", "DJANGO_SETTINGS_MODULE=tests.settings")
    assert read_nox_commands(NOX) == Found((), (("SLOW", "1"),), ("--import-mode=importlib",))


PYPROJECT = """
[tool.tox]
legacy_tox_ini = '''
[testenv]
setenv = OLD = 1
[testenv:slow]
setenv = OLD = 2
'''
[tool.tox.env_run_base]
set_env = { NEW = "2", NUMBER = 3 }
commands = [["pytest", "-p", "pytester", { replace = "posargs" }]]
[tool.hatch.envs.test.env-vars]
HATCHED = "yes"
[tool.hatch.envs.docs.env-vars]
DOCS = "yes"
"""


def test_pyproject_holds_what_tox_and_hatch_run():
    found = read_pyproject_commands(PYPROJECT)
    assert found == Found((), (("HATCHED", "yes"), ("NEW", "2"), ("OLD", "1")), ("-p", "pytester"))


def test_what_is_found_becomes_part_of_every_recipe_and_of_the_environments_name():
    files = {"tox.ini": TOX, ".github/workflows/ci.yml": CI, "Makefile": "test:\n\tpytest\n"}
    found = read_declarations({path: Blob("100644", text.encode()) for path, text in files.items()})
    around = found_around("a/b", found)
    assert around.system_packages == ("graphviz", "libpq-dev", "libxml2-dev")
    assert around.test.variables["SLOW"] == "1"
    assert around.test.options == ("-o", "DJANGO_SETTINGS_MODULE=tests.settings")
    other = read_declarations({"tox.ini": Blob("100644", TOX.replace("SLOW=1", "SLOW=2").encode())})
    assert other.digest != read_declarations({"tox.ini": Blob("100644", TOX.encode())}).digest


def test_the_first_file_decides_a_variable():
    one, other = Found(("b",), (("A", "1"),)), Found(("a",), (("A", "2"), ("B", "3")), ("-p", "x"))
    assert merge_found([one, other]) == Found(("a", "b"), (("A", "1"), ("B", "3")), ("-p", "x"))


shell = st.lists(
    st.sampled_from([*CI.split(), "install", "apt-get", "pytest", "\n", "'", "\\\n", "packages:"])
)


@given(shell.map(" ".join) | st.text(max_size=200))
def test_any_text_gives_what_a_recipe_may_hold(text):
    files = ("tox.ini", "noxfile.py", "pyproject.toml", "Makefile", ".travis.yml")
    declared = read_declarations({path: Blob("100644", text.encode(errors="replace")) for path in files})
    assert found_around("a/b", declared).python
    assert all(fault.startswith(("tox.ini", "noxfile.py", "pyproject.toml")) for fault in declared.faults)

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.additions import find_additions, with_additions
from repodojo.environments.recipes.recipe import Recipe

PYPROJECT = """
[project]
name = "thing"
dependencies = ["six"]
[project.optional-dependencies]
fast = ["quick>=1", "other"]
"""


def files(**texts):
    return {path.replace("__", "/") + ".py": Blob("100644", text.encode()) for path, text in texts.items()}


def test_a_new_test_of_an_optional_feature_brings_what_the_extra_asks_for():
    """A file that only the change brings is not there when a recipe is tried, so its log missed nothing."""
    base = {"pyproject.toml": Blob("100644", PYPROJECT.encode())}
    changed = {**base, **files(tests__test_new="import os, six, quick, unheard_of\n")}
    assert find_additions(base, changed, ["tests/test_new.py"]) == ("quick>=1",)


def test_a_dependency_that_a_change_declares_is_brought():
    base = {"pyproject.toml": Blob("100644", PYPROJECT.encode())}
    text = PYPROJECT.replace('["six"]', '["six>=2", "tomli; python_version < \'3.11\'"]')
    changed = {"pyproject.toml": Blob("100644", text.encode())}
    assert find_additions(base, changed, []) == ('tomli; python_version < "3.11"',)
    assert find_additions(base, base, []) == ()


def test_a_tool_that_new_tests_call_is_brought():
    """Tests that call a type checker were skipped with the repair and without it."""
    changed = {"tox.ini": Blob("100644", b"[testenv]\ndeps =\n  mypy\n  black\n")}
    changed |= files(tests__test_types="import subprocess\nsubprocess.run(['python', '-m', 'mypy'])\n")
    assert find_additions({}, changed, ["tests/test_types.py"]) == ("mypy",)
    assert find_additions({}, changed, []) == ()


def test_additions_that_may_not_fit_are_left_out_at_last():
    recipe = Recipe(repo="a/b", python="3.11", requirements=("pytest<7",))
    assert with_additions([recipe], ()) == [recipe]
    first, last = with_additions([recipe], ("quick",))
    assert (first.requirements, last) == (("pytest<7", "quick"), recipe)

from datetime import UTC, datetime
from pathlib import Path

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.candidates import (
    choose_pythons,
    complete,
    extra_requirements,
    find_candidates,
)
from repodojo.environments.recipes.declarations import Declarations, read_declarations
from repodojo.environments.recipes.project_files import ProjectFile
from repodojo.environments.recipes.recipe import Recipe, find_recipe
from repodojo.environments.recipes.recipe_files import read_recipes, recipe_text
from repodojo.environments.recipes.wheel import Built
from repodojo.errors import InputError

HERE = ("3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.7")


@pytest.mark.parametrize(
    ("requires", "named", "year", "expected"),
    [
        ("", (), 2023, ["3.11", "3.10", "3.9"]),
        (">=3.7", ("3.7", "3.8"), 2023, ["3.8", "3.7", "3.11"]),
        (">=3.6,<3.9", (), 2023, ["3.8", "3.7"]),
        ("", (), 2012, ["3.7", "3.8", "3.9"]),
        ("<3", (), 2023, []),
    ],
)
def test_pythons_are_those_of_the_commits_time(requires, named, year, expected):
    declared = Declarations(ProjectFile(requires_python=requires, pythons=named))
    assert choose_pythons(declared, datetime(year, 1, 1, tzinfo=UTC), HERE) == expected


def test_candidates_go_from_all_that_is_declared_to_what_tests_import():
    tree = {
        "tox.ini": Blob("100644", b"[testenv]\ndeps = mock\n"),
        "tests/test_a.py": Blob("100644", b"import yaml\n"),
        ".github/workflows/a.yml": Blob("100644", b"name: pip install to see\n"),
    }
    built = Built(requires=("six", "hypothesis; extra == 'test'"), extras=("test",))
    found = find_candidates("a/b", "3.9", read_declarations(tree), built, tree, ["tests/test_a.py"])
    assert [(recipe.found_by, recipe.requirements) for recipe in found] == [
        ("everything declared", ("hypothesis", "mock")),
        ("extra test", ("hypothesis",)),
        (".github/workflows/a.yml", ("see", "to")),
        ("tox.ini", ("mock",)),
        ("imports of tests", ("PyYAML",)),
    ]


def test_an_extra_is_read_for_its_python():
    requires = [
        "a; extra == 'test'",
        "b; python_version < '3.8' and extra == 'test'",
        "c",
        "d; extra == 'docs'",
    ]
    assert extra_requirements(requires, "test", "3.9") == ("a",)
    assert extra_requirements(requires, "test", "3.7") == ("a", "b")


def test_recipes_are_read_from_files_and_written_the_same(tmp_path):
    recipe = Recipe(repo="a/b", versions=">=2,<3", python="3.8", requirements=("pytest<7",))
    (tmp_path / "a.yml").write_text(recipe_text(recipe))
    recipes = read_recipes(tmp_path)
    assert recipes == [recipe]
    assert find_recipe(recipes, "A/B", "2.5") == recipe
    assert find_recipe(recipes, "a/b", "3.0") is None
    assert find_recipe(recipes, "a/b", "") is None


SWEGYM = {
    "pandas-dev/pandas": "2.1", "Project-MONAI/MONAI": "0.11", "getmoto/moto": "5.0", "python/mypy": "1.11",
    "iterative/dvc": "3.49", "dask/dask": "2024.5", "modin-project/modin": "0.30", "bokeh/bokeh": "3.5",
    "pydantic/pydantic": "2.7", "conan-io/conan": "2.4", "facebookresearch/hydra": "1.4",
}  # fmt: skip


def test_the_recipes_of_this_project_can_be_read():
    recipes = read_recipes(Path(__file__).parents[3] / "conf" / "base" / "recipes")
    assert all(find_recipe(recipes, repo, version) for repo, version in SWEGYM.items())
    mypy = {
        version: find_recipe(recipes, "python/mypy", version).python for version in ("0.800", "0.990", "1.6")
    }
    assert mypy == {"0.800": "3.9", "0.990": "3.10", "1.6": "3.11"}
    assert find_recipe(recipes, "dask/dask", "2021.02").python == "3.8"
    assert find_recipe(recipes, "iterative/dvc", "0.93").requirements[-1] == "mock-ssh-server"
    assert find_recipe(recipes, "conan-io/conan", "1.59").requirements[0] == "cython<3"
    assert find_recipe(recipes, "conan-io/conan", "2.1").system_packages == ("build-essential", "cmake")
    assert "setup.py" in find_recipe(recipes, "iterative/dvc", "0.93").install[0]
    assert find_recipe(recipes, "getmoto/moto", "4.0").python == "3.12"


def test_a_hand_written_recipe_brings_what_is_declared_unless_it_says_otherwise():
    declared = Declarations(ProjectFile(name="b"), {"tox.ini": ("mock",)})
    recipe = Recipe(repo="a/b", python="3.8", requirements=("pytest<7",))
    assert complete(recipe, declared, Built()).requirements == ("pytest<7", "mock")
    alone = recipe.model_copy(update={"declared_requirements": False})
    assert complete(alone, declared, Built()) == alone


def test_a_recipe_with_a_wrong_field_names_file_and_field(tmp_path):
    (tmp_path / "a.yml").write_text("repo: a/b\npython: 3.8\nrequirements: []\n")
    with pytest.raises(InputError, match=r"a\.yml: field 'python': .*found 3\.8"):
        read_recipes(tmp_path)

"""The recipes to try for a repository at a commit, the likeliest first; pure functions over declarations."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from repodojo.environments.git_objects import Tree
from repodojo.environments.recipes.declarations import Declarations
from repodojo.environments.recipes.imports import imported_distributions
from repodojo.environments.recipes.project_files import is_test_group
from repodojo.environments.recipes.recipe import MOST_PACKAGES, Recipe
from repodojo.environments.recipes.requirement_lines import for_tests
from repodojo.environments.recipes.test_command import MOST_WORDS, TestCommand
from repodojo.environments.recipes.wheel import Built

MOST_PYTHONS = 3
_MOST_GROUPS = 3
_EXTRA = re.compile(r"extras_require|optional-dependencies|requires-extra")
"""In the names of groups that are extras."""
_RELEASED = {
    "3.7": (2018, 6, 27), "3.8": (2019, 10, 14), "3.9": (2020, 10, 5), "3.10": (2021, 10, 4),
    "3.11": (2022, 10, 24), "3.12": (2023, 10, 2), "3.13": (2024, 10, 7), "3.14": (2025, 10, 7),
    "3.15": (2026, 10, 1),
}  # fmt: skip
"""When the Pythons came out; the test runner needs 3.7."""


def choose_pythons(declarations: Declarations, date: datetime, available: Iterable[str]) -> list[str]:
    """Return minor versions to try: out by then, allowed, and named by the project before all others.

    Of a commit older than every interpreter here the oldest ones are tried.
    """
    here = sorted((python for python in available if python in _RELEASED), key=_order, reverse=True)
    allowed = [python for python in here if _allows(declarations.project.requires_python, python)]
    out = [python for python in allowed if datetime(*_RELEASED[python], tzinfo=UTC) <= date]
    named = {*declarations.project.pythons, *declarations.tried_pythons}
    first = [python for python in out if python in named]
    rest = [python for python in out if python not in named] or ([] if first else allowed[::-1])
    return [*first, *rest][:MOST_PYTHONS]


def find_candidates(
    repo: str, python: str, declarations: Declarations, built: Built, tree: Tree, test_files: Sequence[str]
) -> list[Recipe]:
    """Return the recipes to try on one Python: all that is declared, one group alone, what tests import."""
    own = declarations.project.name
    wanted = _test_groups(declarations, built, python)
    conftests = [path for path in tree if path.rpartition("/")[2] == "conftest.py"]
    imports = for_tests(imported_distributions(tree, [*test_files, *conftests]), own)
    found = {"everything declared": declared_requirements(declarations, built, python)}
    for where in sorted(wanted, key=lambda where: ("test" not in where.lower(), where))[:_MOST_GROUPS]:
        found.setdefault(where, wanted[where])
    found["imports of tests"] = imports
    distinct = {requirements: where for where, requirements in reversed(found.items())}
    return [
        Recipe(repo=repo, python=python, requirements=requirements, found_by=where)
        for where, requirements in found.items()
        if distinct[requirements] == where
    ]


def found_around(repo: str, declarations: Declarations) -> Recipe:
    """Return what tools and CI say that is the same for every recipe, with no requirements."""
    packages, variables, options = declarations.found
    test = TestCommand(options=options, variables=dict(variables[:MOST_WORDS]))
    return Recipe(
        repo=repo,
        python="3.0",
        requirements=(),
        system_packages=packages[:MOST_PACKAGES],
        test=test,
        found_by="tools and CI",
    )


def complete(recipe: Recipe, declarations: Declarations, built: Built) -> Recipe:
    """Return a hand-written recipe with what is declared for tests, where it asks for that.

    A recipe whose commands may change what sources declare is completed by what their build says of extras.
    """
    if not recipe.declared_requirements:
        return recipe
    if recipe.install and built.extras:
        groups = {where: lines for where, lines in declarations.groups.items() if not _EXTRA.search(where)}
        declarations = replace(declarations, groups=groups)
    declared = declared_requirements(declarations, built, recipe.python)
    return recipe.model_copy(update={"requirements": (*recipe.requirements, *declared)})


def declared_requirements(declarations: Declarations, built: Built, python: str) -> tuple[str, ...]:
    """Return everything that the project's own files declare for tests."""
    project = replace(declarations, groups=declarations.by_the_project)
    groups = _test_groups(project, built, python).values()
    return for_tests([line for lines in groups for line in lines], declarations.project.name)


def _test_groups(declarations: Declarations, built: Built, python: str) -> dict[str, tuple[str, ...]]:
    groups = dict(declarations.groups)
    for extra in filter(is_test_group, built.extras):
        groups[f"extra {extra}"] = extra_requirements(built.requires, extra, python)
    own = declarations.project.name
    return {where: lines for where, found in groups.items() if (lines := for_tests(found, own))}


def own_requirements(declarations: Declarations, built: Built | None) -> tuple[str, ...]:
    """Return what the project itself needs: as its build says, or without one as its files do."""
    if built is None:
        return for_tests(declarations.project.dependencies, declarations.project.name)
    return tuple(line for line in built.requires if "extra ==" not in line.replace("'", '"'))


def extra_requirements(requires: Iterable[str], extra: str, python: str) -> tuple[str, ...]:
    """Return the requirements of an extra, for a Python."""
    found = []
    for line in requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        place = {"extra": extra, "python_version": python, "python_full_version": f"{python}.0"}
        if marker is not None and "extra" in str(marker) and marker.evaluate(place):
            requirement.marker = None
            found.append(str(requirement))
    return tuple(found)


def _allows(requires_python: str, python: str) -> bool:
    try:
        return not requires_python or SpecifierSet(requires_python).contains(f"{python}.30")
    except InvalidSpecifier:
        return True


def _order(python: str) -> tuple[int, ...]:
    return tuple(map(int, python.split(".")))

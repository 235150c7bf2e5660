"""What a change needs that its base does not declare for tests; pure functions over the files of both.

An environment is built of the base; without these a new test of an optional feature cannot be imported, nor
code that comes with a new dependency.
"""

import re
from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from repodojo.environments.git_objects import Tree
from repodojo.environments.recipes.declarations import Declarations, read_declarations
from repodojo.environments.recipes.imports import imported_distributions
from repodojo.environments.recipes.known_names import known_names
from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.recipes.requirement_lines import for_tests, parse_all

_WORD = re.compile(rb"[a-z][\w-]*")


def find_additions(base: Tree, changed: Tree, test_files: Iterable[str]) -> tuple[str, ...]:
    """Return the requirements that a change declares anew, and those of extras that its tests import.

    Of tools only those that its tests name: a type checker, say, that they call.
    """
    test_files = tuple(test_files)
    before, after = read_declarations(base), read_declarations(changed)
    known = _names(_declared(before))
    imported = _names(imported_distributions(changed, test_files))
    new = (line for line in parse_all(_declared(after)) if canonicalize_name(line.name) not in known)
    optional = (
        line for line in parse_all(after.project.optional) if canonicalize_name(line.name) in imported - known
    )
    words = frozenset(
        word for path in test_files if path in changed for word in _WORD.findall(changed[path].content)
    )
    called = [tool for tool in known_names().tools if tool.encode() in words]
    return for_tests([str(line) for line in (*new, *optional)], after.project.name, called)


def with_additions(recipes: Sequence[Recipe], additions: Sequence[str]) -> list[Recipe]:
    """Return recipes with the additions, and at last the first one without: they may not fit together."""
    if not additions:
        return list(recipes)
    more = [
        recipe.model_copy(update={"requirements": (*recipe.requirements, *additions)}) for recipe in recipes
    ]
    return [*more, *recipes[:1]]


def _declared(declarations: Declarations) -> list[str]:
    groups = declarations.by_the_project.values()
    return [*declarations.project.dependencies, *(line for lines in groups for line in lines)]


def _names(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(line.name) for line in parse_all(lines)}

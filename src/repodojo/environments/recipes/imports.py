"""What tests import that neither Python nor the project brings, and which distribution has it; pure."""

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import PurePosixPath

from repodojo.environments.git_objects import Tree
from repodojo.environments.recipes.known_names import known_names
from repodojo.environments.recipes.requirement_lines import parse_requirement

_MISSING = re.compile(r"No module named '?([A-Za-z_][\w.]*)'?")
_NO_FIXTURE = re.compile(r"fixture '(\w+)' not found")
_ASYNC = re.compile(
    r"async def functions are not natively supported|Unknown pytest\.mark\.asyncio"
    r"|Unknown config option: asyncio_mode"
)


def imported_distributions(tree: Tree, files: Iterable[str]) -> tuple[str, ...]:
    """Return what must be installed for the imports of some files, by the modules' names."""
    own = own_modules(tree)
    found = set()
    for path in files:
        try:
            module = ast.parse(tree[path].content)
        except (KeyError, SyntaxError, ValueError):
            continue
        found |= {name for name in _imports(module) if name not in own}
    return _distributions(found)


def missing_distributions(log: str, tree: Tree) -> tuple[str, ...]:
    """Return what a test log says is missing: modules, and fixtures or marks of well-known plugins."""
    own = own_modules(tree)
    modules = {name.partition(".")[0] for name in _MISSING.findall(log)}
    plugins = {known_names().fixtures.get(name) for name in _NO_FIXTURE.findall(log)}
    plugins |= {"pytest-asyncio"} if _ASYNC.search(log) else set()
    named = (name for name in _distributions(modules - own) if parse_requirement(name))
    return tuple(sorted({*named, *filter(None, plugins)}))


def own_modules(tree: Tree) -> frozenset[str]:
    """Return the names that can be imported from a project: at its root, in ``src``, and beside its tests."""
    names = set()
    for path in tree:
        parts = PurePosixPath(path).parts
        if path.endswith(".py"):
            names |= {part for part in parts[:-1]} | {parts[-1].removesuffix(".py")}
    return frozenset(names)


def _imports(module: ast.Module) -> Iterable[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _distributions(modules: Iterable[str]) -> tuple[str, ...]:
    known = known_names().distributions
    wanted = (name for name in modules if name not in sys.stdlib_module_names or name in known)
    return tuple(sorted(filter(None, (known.get(name, name) for name in wanted))))

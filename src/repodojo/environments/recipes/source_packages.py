"""Makes wheels in sandboxes: of a clone, and of packages that the index has as sources alone.

A package's archive is fetched and unpacked without running anything of it, and built without network. Its
wheel is kept in the environments' root, where uv finds it beside those of the index.
"""

import logging
import tempfile
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

from repodojo.environments.git_objects import Tree, read_tree
from repodojo.environments.interpreters import Interpreter
from repodojo.environments.layers import sandbox_spec
from repodojo.environments.projects import fetch_archives, unpack_sdist
from repodojo.environments.recipes.declarations import read_declarations
from repodojo.environments.recipes.folders import Folders, Ground
from repodojo.environments.recipes.install_commands import COMMANDS_OUT_OF_TIME, Added, read_added
from repodojo.environments.recipes.message_catalogs import compiled_catalogs
from repodojo.environments.recipes.project_files import ProjectFile
from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.recipes.requirement_lines import parse_all
from repodojo.environments.recipes.uv import choose_version, resolve
from repodojo.environments.recipes.wheel import (
    OUT_OF_TIME,
    BuildOrders,
    Built,
    Outcome,
    build_requirements,
    build_wheel,
    read_wheel,
)
from repodojo.environments.sandbox import Sandboxes
from repodojo.environments.surroundings import NOTHING_AROUND, Surroundings
from repodojo.environments.trees import REFUSALS
from repodojo.errors import BuildError
from repodojo.unfinished import unfinished

_FINAL = (OUT_OF_TIME, COMMANDS_OUT_OF_TIME, *REFUSALS)
"""How failures begin that tools of another date do not mend."""
_LOCK = threading.Lock()
_STOPPED: set[str] = set()
"""Pins of packages whose build was stopped at its time limit; touched under the lock alone."""
_TODAY = datetime.now(UTC)
logger = logging.getLogger(__name__)


class _Needed(NamedTuple):
    """What the build of a tree needs, whatever the date of its tools."""

    project: ProjectFile | None
    """None where nothing says how the sources are built, and commands alone run."""
    requirements: tuple[str, ...]
    version: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class WheelMaker:
    """Where wheels are made, for which Python and date, and what surrounds their building."""

    sandboxes: Sandboxes
    folders: Folders
    interpreter: Interpreter
    date: datetime
    surroundings: Surroundings = NOTHING_AROUND

    def build(self, name: str, tree: Tree, version: str, recipe: Recipe | None = None) -> Outcome:
        """Build a tree's wheel, with tools of the date or, where these fail in time, of today.

        A recipe's commands run before, each time. Where they pass, no wheel is no error.

        Raises:
            BuildError: it does not build, or a command fails.
        """
        needed = _read_needed(tree, version, recipe)
        failures: list[BuildError] = []
        without_wheel: Outcome | None = None
        for when in (self.date, _TODAY.astimezone(self.date.tzinfo)):
            try:
                outcome = self._build_once(name, tree, needed, when)
            except BuildError as error:
                failures.append(error)
            else:
                if outcome.wheel is not None:
                    return outcome
                failures.append(BuildError(outcome.fault))
                without_wheel = without_wheel or outcome
            if str(failures[-1]).startswith(_FINAL):
                break
        if without_wheel is not None and needed.commands:
            return without_wheel
        raise failures[-1] if str(failures[-1]).startswith(_FINAL) else failures[0]

    def _build_once(self, name: str, tree: Tree, needed: _Needed, when: datetime) -> Outcome:
        pins = _resolve_tools(needed.requirements, self.interpreter, when)
        packages = self.folders.packages(pins, self.interpreter)
        ground = Ground(self.interpreter, packages, self.surroundings)
        orders = BuildOrders(needed.project, packages, needed.version, needed.commands)
        with self.folders.make_temporary(f"{name}.build", tree, None, ground) as folder:
            return build_wheel(self.sandboxes, sandbox_spec((folder / "source",), folder), orders)

    def read(self, name: str, tree: Tree, version: str, recipe: Recipe | None = None) -> Built:
        """Build a tree's wheel for what the build says and adds, and what a recipe's commands add.

        Raises:
            BuildError: it does not build, or a command fails.
        """
        wheel, fault, written = self.build(name, tree, version, recipe)
        built = read_wheel(wheel.content, tree) if wheel is not None else Built(fault=fault)
        added = read_added(written, tree) if written else Added({}, frozenset())
        files = {**compiled_catalogs(tree), **built.added, **added.files}
        return replace(built, added=files, programs=added.programs)

    def make(self, names: Collection[str], requirements: Sequence[str]) -> frozenset[str]:
        """Make wheels of packages, in versions that the requirements allow; returns the names of the made."""
        made = set()
        for name in sorted(names):
            lines = [str(line) for line in parse_all(requirements) if canonicalize_name(line.name) == name]
            try:
                with _LOCK:
                    self._make(name, choose_version(lines or [name], self.interpreter, self.date))
                made.add(name)
            except BuildError as error:
                logger.info("%s: no wheel can be made: %s", name, error)
        return frozenset(made)

    def _make(self, name: str, pin: str) -> None:
        target = self.folders.wheels(self.interpreter)
        version = pin.partition("==")[2]
        if any(target.glob(f"{name.replace('-', '_')}-{version}-*.whl")):
            return
        if pin in _STOPPED:
            raise BuildError(f"{OUT_OF_TIME}: {pin} was stopped before")
        with tempfile.TemporaryDirectory() as temporary:
            (archive,) = fetch_archives([pin], Path(temporary))
            if archive is None:
                raise BuildError(f"no_archive: {pin} has no .tar.gz")
            unpack_sdist(pin, archive, Path(temporary, "source"))
            tree = read_tree(Path(temporary, "source"))
        try:
            wheel = self.build(pin, tree, version).wheel
        except BuildError as error:
            _STOPPED.update([pin] if str(error).startswith(OUT_OF_TIME) else [])
            raise
        assert wheel is not None  # without commands, no wheel is an error
        target.mkdir(parents=True, exist_ok=True)
        beside = unfinished(target / wheel.name)
        beside.write_bytes(wheel.content)
        beside.rename(target / wheel.name)


def _read_needed(tree: Tree, version: str, recipe: Recipe | None) -> _Needed:
    """Read what a build needs; with commands, a tree that nothing says how to build is no error.

    Raises:
        BuildError: nothing says how it is built.
    """
    commands = recipe.install if recipe else ()
    requirements = recipe.requirements if recipe and commands else ()
    project = read_declarations(tree).project
    version = version or "0.0.0"
    try:
        return _Needed(project, (*requirements, *build_requirements(project, tree)), version, commands)
    except BuildError:
        if not commands:
            raise
        return _Needed(None, requirements, version, commands)


@cache
def _resolve_tools(needs: tuple[str, ...], interpreter: Interpreter, date: datetime) -> tuple[str, ...]:
    """Return the pins of what builds a project; asked once for all commits of an environment."""
    return resolve(needs, interpreter, date).pins

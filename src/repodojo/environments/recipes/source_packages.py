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

from packaging.utils import canonicalize_name

from repodojo.environments.git_objects import Tree, read_tree
from repodojo.environments.interpreters import Interpreter
from repodojo.environments.layers import sandbox_spec
from repodojo.environments.projects import fetch_archives, unpack_sdist
from repodojo.environments.recipes.declarations import read_declarations
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.message_catalogs import compiled_catalogs
from repodojo.environments.recipes.project_files import ProjectFile
from repodojo.environments.recipes.requirement_lines import parse_all
from repodojo.environments.recipes.uv import choose_version, resolve
from repodojo.environments.recipes.wheel import Built, WheelFile, build_requirements, build_wheel, read_wheel
from repodojo.environments.sandbox import Sandboxes
from repodojo.errors import BuildError
from repodojo.unfinished import unfinished

_LOCK = threading.Lock()
_TODAY = datetime.now(UTC)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WheelMaker:
    """Where wheels are made, and for which Python and date."""

    sandboxes: Sandboxes
    folders: Folders
    interpreter: Interpreter
    date: datetime

    def build(self, name: str, tree: Tree, project: ProjectFile, version: str) -> WheelFile:
        """Build a tree's wheel, with tools of the date or, where these fail, of today.

        Raises:
            BuildError: it does not build.
        """
        needs = build_requirements(project, tree)
        failure: BuildError | None = None
        for when in (self.date, _TODAY.astimezone(self.date.tzinfo)):
            try:
                pins = _resolve_tools(tuple(needs), self.interpreter, when)
                packages = self.folders.packages(pins, self.interpreter)
                folder = self.folders.make(f"{name}.build", tree, None, self.interpreter, packages)
                spec = sandbox_spec((folder / "source",), folder)
                return build_wheel(self.sandboxes, spec, project, packages, version or "0.0.0")
            except BuildError as error:
                failure = failure or error
        raise failure or BuildError("no_build")

    def read(self, name: str, tree: Tree, project: ProjectFile, version: str) -> Built:
        """Build a tree's wheel for what the build says and adds.

        Raises:
            BuildError: it does not build.
        """
        built = read_wheel(self.build(name, tree, project, version).content, tree)
        return replace(built, added={**compiled_catalogs(tree), **built.added})

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
        with tempfile.TemporaryDirectory() as temporary:
            (archive,) = fetch_archives([pin], Path(temporary))
            if archive is None:
                raise BuildError(f"no_archive: {pin} has no .tar.gz")
            unpack_sdist(pin, archive, Path(temporary, "source"))
            tree = read_tree(Path(temporary, "source"))
        try:
            wheel = self.build(pin, tree, read_declarations(tree).project, version)
        finally:
            self.folders.remove(f"{pin}.build")
        target.mkdir(parents=True, exist_ok=True)
        beside = unfinished(target / wheel.name)
        beside.write_bytes(wheel.content)
        beside.rename(target / wheel.name)


@cache
def _resolve_tools(needs: tuple[str, ...], interpreter: Interpreter, date: datetime) -> tuple[str, ...]:
    """Return the pins of what builds a project; asked once for all commits of an environment."""
    return resolve(needs, interpreter, date).pins

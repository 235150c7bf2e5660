"""The folders of an environment: sources and metadata of its own, packages and interpreter shared by link.

Layout under the root: ``<name>/{source,metadata,surroundings.json}``, ``<name>/packages`` and
``<name>/interpreter`` (links into ``packages-3.11/<digest>`` and ``interpreters/<version>``). ``wheels-3.11``
holds what was built here.
"""

import shutil
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.git_objects import Blob, Tree
from repodojo.environments.interpreters import Interpreter, copy_interpreter
from repodojo.environments.packages import install_packages
from repodojo.environments.recipes.uv import install
from repodojo.environments.recipes.wheel import Built
from repodojo.environments.surroundings import NOTHING_AROUND, Surroundings, write_surroundings
from repodojo.environments.trees import link_above, links_of, write_tree
from repodojo.unfinished import replace_link, unfinished


class Ground(NamedTuple):
    """What sources stand on."""

    interpreter: Interpreter
    packages: Path
    surroundings: Surroundings = NOTHING_AROUND


@dataclass(frozen=True)
class Folders:
    """The environments' root; safe for several threads that make different environments."""

    root: Path

    def packages(self, pins: Sequence[str], interpreter: Interpreter) -> Path:
        """Install pins for an interpreter unless they are there; returns their folder.

        Raises:
            BuildError: uv failed.
        """
        root, wheels = self.root / f"packages-{interpreter.short}", self.wheels(interpreter)
        return install_packages(
            pins, root, lambda wanted, folder: install(wanted, interpreter, folder, wheels)
        )

    def wheels(self, interpreter: Interpreter) -> Path:
        """Return the folder of the wheels that were built here, of packages published as sources alone."""
        return self.root / f"wheels-{interpreter.short}"

    def make(self, name: str, tree: Tree, built: Built | None, ground: Ground) -> Path:
        """Make an environment's folder anew, with what the build adds to the tree; returns it.

        Raises:
            BuildError: the tree cannot be written here.
        """
        folder = self.root / name
        self.remove(name)
        copy, packages = copy_interpreter(ground.interpreter, self.root / "interpreters"), ground.packages
        built = built or Built()
        write_tree({**_added(built, tree), **tree}, folder / "source", self.root)
        write_tree(_blobs(built.metadata), folder / "metadata", self.root)
        if ground.surroundings != NOTHING_AROUND:
            write_surroundings(ground.surroundings, folder)
        replace_link(folder / "interpreter", Path("..", "interpreters", copy.name))
        replace_link(folder / "packages", Path("..", packages.parent.name, packages.name))
        return folder

    @contextmanager
    def make_temporary(
        self, name: str, tree: Tree, built: Built | None, ground: Ground
    ) -> Generator[Path, None, None]:
        """Make a folder that goes when the context is left, or at a sweep where a kill kept it.

        Raises:
            BuildError: the tree cannot be written here.
        """
        place = unfinished(self.root / name).name
        try:
            yield self.make(place, tree, built, ground)
        finally:
            self.remove(place)

    def remove(self, name: str) -> None:
        """Remove an environment's folder; what it shares with others stays."""
        shutil.rmtree(self.root / name, ignore_errors=True)


def _added(built: Built, tree: Tree) -> dict[str, Blob]:
    """Return what a build adds beside the sources; what lies behind one of their links is not among them."""
    links = links_of(tree)
    added = {path: data for path, data in built.added.items() if link_above(path, links) is None}
    return _blobs(added, built.programs)


def _blobs(files: Mapping[str, bytes], programs: Collection[str] = ()) -> dict[str, Blob]:
    return {path: Blob("100755" if path in programs else "100644", data) for path, data in files.items()}

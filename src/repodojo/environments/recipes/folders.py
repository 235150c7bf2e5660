"""The folders of an environment: sources and metadata of its own, packages and interpreter shared by link.

Layout under the root: ``<name>/{source,metadata}``, ``<name>/packages`` and ``<name>/interpreter`` (links
into ``packages-3.11/<digest>`` and ``interpreters/<version>``). ``wheels-3.11`` holds what was built here.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repodojo.environments.git_objects import Blob, Tree
from repodojo.environments.interpreters import Interpreter, copy_interpreter
from repodojo.environments.packages import install_packages
from repodojo.environments.recipes.uv import install
from repodojo.environments.recipes.wheel import Built
from repodojo.environments.trees import write_tree
from repodojo.unfinished import replace_link


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

    def make(
        self, name: str, tree: Tree, built: Built | None, interpreter: Interpreter, packages: Path
    ) -> Path:
        """Make an environment's folder anew, with what the build adds to the tree; returns it.

        Raises:
            BuildError: the tree cannot be written here.
        """
        folder = self.root / name
        self.remove(name)
        copy = copy_interpreter(interpreter, self.root / "interpreters")
        write_tree({**_blobs(built.added if built else {}), **tree}, folder / "source", self.root)
        write_tree(_blobs(built.metadata if built else {}), folder / "metadata", self.root)
        replace_link(folder / "interpreter", Path("..", "interpreters", copy.name))
        replace_link(folder / "packages", Path("..", packages.parent.name, packages.name))
        return folder

    def remove(self, name: str) -> None:
        """Remove an environment's folder; what it shares with others stays."""
        shutil.rmtree(self.root / name, ignore_errors=True)


def _blobs(files: Mapping[str, bytes]) -> dict[str, Blob]:
    return {path: Blob("100644", data) for path, data in files.items()}

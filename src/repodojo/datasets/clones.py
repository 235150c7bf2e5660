"""The folder of git clones that instances are mined from, as a free input of the graph."""

import logging
from pathlib import Path
from typing import Any

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.handles import HandleDataset
from repodojo.datasets.plan import digest
from repodojo.environments.recipes.recipe_files import read_recipes
from repodojo.environments.recipes.uv import find_uv
from repodojo.instances.mining.clones import Clones, find_clones, find_published
from repodojo.types import to_json

logger = logging.getLogger(__name__)


class ClonesDataset(HandleDataset):
    """Loads `Clones`: what lies in the folder now, each at its HEAD, and the hand-written recipes."""

    def __init__(
        self, *, path: str, recipes: str, required: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        """Say where clones and recipes lie; unless ``required``, there are none without the folder."""
        super().__init__("clones", None, None)
        self._path = Path(path)
        self._recipes = Path(recipes)
        self._required = required
        self.metadata = metadata

    def check(self) -> None:
        """Read the folder; where it holds clones, uv must be there.

        Raises:
            InputDatasetError: there is a folder, and no clone in it; or there must be one, and is none.
        """
        if not self._path.is_dir():
            if self._required:
                raise InputDatasetError(
                    f"{self._path}: expected a folder of git clones, found none; set REPODOJO_CLONES to yours"
                )
            return
        clones = {clone.path for clone in self.load().repositories}
        other = [path.name for path in sorted(self._path.iterdir()) if path.is_dir() and path not in clones]
        if not clones:
            raise InputDatasetError(
                f"{self._path}: expected git clones, each in a folder of its own, found "
                f"{', '.join(other[:8]) or 'none'}; clone into it, or set REPODOJO_CLONES to another folder"
            )
        if other:
            logger.warning("%s: passed over, for they are no git clones: %s", self._path, ", ".join(other))
        find_uv()

    def identity(self) -> Any:
        """Return the commit of each clone, the rows beside them, and the recipes."""
        clones: Clones = self.load()
        return {
            "heads": {clone.repo: clone.head for clone in clones.repositories},
            "rows": digest([to_json(row) for row in clones.published.rows]),
            "recipes": [recipe.model_dump(mode="json") for recipe in clones.recipes],
        }

    def _make(self) -> Clones:
        recipes = tuple(read_recipes(self._recipes))
        return Clones(tuple(find_clones(self._path)), recipes, find_published(self._path))

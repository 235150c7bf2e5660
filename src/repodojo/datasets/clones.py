"""The folder of git clones that instances are mined from, as a free input of the graph."""

from pathlib import Path
from typing import Any

from repodojo.datasets.handles import HandleDataset
from repodojo.datasets.plan import digest
from repodojo.environments.recipes.recipe import read_recipes
from repodojo.environments.recipes.uv import find_uv
from repodojo.instances.mining.rows import Clones, find_clones, find_published
from repodojo.types import to_json


class ClonesDataset(HandleDataset):
    """Loads `Clones`: what lies in the folder now, each at its HEAD, and the hand-written recipes."""

    def __init__(self, *, path: str, recipes: str, metadata: dict[str, Any] | None = None) -> None:
        """Say where clones and recipes lie; without the folder of clones there are none."""
        super().__init__("clones", None, None)
        self._path = Path(path)
        self._recipes = Path(recipes)
        self.metadata = metadata

    def check(self) -> None:
        """Read the folder; where it holds clones, uv must be there."""
        if self.load().repositories:
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

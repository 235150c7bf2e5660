"""The folder of git clones that instances are mined from, as a free input of the graph."""

from pathlib import Path
from typing import Any

from repodojo.datasets.handles import HandleDataset
from repodojo.environments.recipes.recipe import read_recipes
from repodojo.environments.recipes.uv import find_uv
from repodojo.instances.mining.rows import Clones, find_clones


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
        """Return the commit of each clone, and the recipes."""
        clones: Clones = self.load()
        return {
            "heads": {clone.repo: clone.head for clone in clones.repositories},
            "recipes": [recipe.model_dump(mode="json") for recipe in clones.recipes],
        }

    def _make(self) -> Clones:
        return Clones(tuple(find_clones(self._path)), tuple(read_recipes(self._recipes)))

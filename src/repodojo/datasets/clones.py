"""The folder of git clones that instances are mined from, as a free input of the graph."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.handles import HandleDataset
from repodojo.datasets.plan import digest
from repodojo.datasets.rows import RowsDataset
from repodojo.environments.host_packages import packages_state
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.recipe_files import read_recipes
from repodojo.environments.recipes.uv import find_uv
from repodojo.instances.mining.clones import Clones, find_clones, find_published, list_published
from repodojo.instances.sources.row import merge
from repodojo.types import to_json

logger = logging.getLogger(__name__)


class ClonesDataset(HandleDataset):
    """Loads `Clones`: what lies in the folder now, each at its HEAD, and the hand-written recipes."""

    def __init__(
        self,
        *,
        path: str,
        recipes: str,
        required: bool = False,
        rows: Sequence[Mapping[str, Any]] = (),
        cache: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Say where clones, recipes and rows lie.

        Args:
            path: the folder of clones, and of the sets of rows beside them.
            recipes: the folder of hand-written recipes.
            required: whether the folder must be there; else there are no clones without it.
            rows: more sets, as `RowsDataset` takes them.
            cache: folder of what is fetched of them; without one nothing is.
            metadata: of no concern to the dataset itself.
        """
        super().__init__("clones", None, None)
        self._rows = RowsDataset(sources=rows, cache=cache)
        self._path = Path(path)
        self._recipes = Path(recipes)
        self._required = required
        self.metadata = metadata

    def check(self) -> None:
        """Read the folder, and fetch the rows; where it holds clones, uv must be there.

        Raises:
            InputDatasetError: there is a folder, and no clone in it; or there must be one, and is none.
        """
        clones = {clone.path for clone in self.load().repositories}
        if not self._path.is_dir():
            if self._required:
                raise InputDatasetError(
                    f"{self._path}: expected a folder of git clones, found none; set REPODOJO_CLONES to yours"
                )
            return
        known = clones.union(list_published(self._path))
        other = [path.name for path in sorted(self._path.iterdir()) if path.is_dir() and path not in known]
        if not clones:
            raise InputDatasetError(
                f"{self._path}: expected git clones, each in a folder of its own, found "
                f"{', '.join(other[:8]) or 'none'}; clone into it, or set REPODOJO_CLONES to another folder"
            )
        if other:
            logger.warning(
                "%s: passed over, for they are neither git clones nor sets of rows: %s",
                self._path,
                ", ".join(other),
            )
        find_uv()

    def identity(self) -> Any:
        """Return the commits of the clones, the recipes, the rows beside them and what names the others."""
        clones, sources = self._here, self._rows.identity()
        return {
            "heads": {clone.repo: [clone.head, clone.state] for clone in clones.repositories},
            "rows": digest([[to_json(row) for row in clones.published.rows], clones.published.rejected]),
            "recipes": [recipe.model_dump(mode="json") for recipe in clones.recipes],
            **({"sources": sources} if sources else {}),
            **(self._machine() if clones.repositories else {}),
        }

    @staticmethod
    def _machine() -> dict[str, Any]:
        """Return what of this machine may let an environment work that did not: Pythons and packages."""
        return {"pythons": [each.full for each in find_interpreters()], "packages": packages_state()}

    @cached_property
    def _here(self) -> Clones:
        """What lies in the folder; nothing is fetched."""
        recipes = tuple(read_recipes(self._recipes))
        return Clones(tuple(find_clones(self._path)), recipes, find_published(self._path))

    def _make(self) -> Clones:
        return replace(self._here, published=merge([self._here.published, self._rows.read()]))

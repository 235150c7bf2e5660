"""Whom to ask for recipes of clones that none is found for, as a catalog entry; nobody unless it says so."""

from pathlib import Path
from typing import Any

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.handles import HandleDataset, PolicyDataset
from repodojo.environments.recipes.model_proposer import ModelProposer


class RecipeProposerDataset(HandleDataset):
    """Loads a `ModelProposer`, or None where no policy is named."""

    def __init__(
        self,
        *,
        path: str,
        policy: dict[str, Any] | None = None,
        rounds: int = 2,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Choose the policy.

        Args:
            path: folder of the answers, so that nothing is asked twice.
            policy: as the catalog describes one (`PolicyDataset`); without it nobody is asked.
            rounds: recipes asked for in turn, each with the reasons of those before.
            metadata: of no concern to the dataset itself.

        Raises:
            InputDatasetError: there is no round.
        """
        super().__init__("recipe proposer", None, None)
        if rounds < 1:
            raise InputDatasetError(f"'rounds' of a recipe proposer: expected 1 or more, found {rounds}")
        self._path = Path(path)
        self._policy = None if policy is None else PolicyDataset(**policy)
        self._rounds = rounds
        self.metadata = metadata

    def check(self) -> None:
        """Try the policy's endpoint, where there is one."""
        if self._policy is not None:
            self._policy.check()

    def identity(self) -> Any:
        """Return what decides the answers."""
        if self._policy is None:
            return None
        return {"policy": self._policy.identity(), "proposer": self.load().fingerprint}

    def close(self) -> None:
        """End what the policy started."""
        if self._policy is not None:
            self._policy.close()

    def _make(self) -> ModelProposer | None:
        if self._policy is None:
            return None
        return ModelProposer(self._policy.load(), self._path, self._rounds)

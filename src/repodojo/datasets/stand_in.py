"""A checkpoint without its training, for the test environment."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from repodojo.datasets.checkpoint import CheckpointDataset, TrainingPlan
from repodojo.training.plan import UntrainedPlan


class PlanFromModel(TrainingPlan, Protocol):
    """A training that starts from the checkpoint in ``model``."""

    @property
    def model(self) -> Path:
        """Folder of the checkpoint to start from."""


class _Copied:
    """A training that ends where it starts."""

    def __init__(self, plan: PlanFromModel) -> None:
        self._plan = plan

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        return {**self._plan.fingerprint, "stand_in": True}

    def run(self, scratch: Path, **_: Any) -> Path:
        return Path(shutil.copytree(self._plan.model, scratch / "model", dirs_exist_ok=True))


class StandInCheckpointDataset(CheckpointDataset):
    """Takes the checkpoint that a training starts from for the one that it would end with."""

    def save(self, data: TrainingPlan) -> None:
        """Copy the checkpoint that the training starts from; what is no training is made as it is."""
        super().save(data if isinstance(data, UntrainedPlan) else _Copied(cast("PlanFromModel", data)))

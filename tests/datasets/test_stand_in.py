from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repodojo.datasets.checkpoint import CheckpointDataset
from repodojo.datasets.stand_in import StandInCheckpointDataset
from repodojo.training.plan import UntrainedPlan, why_untrained


@dataclass
class Training:
    model: Path

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        return {"rows": 3}

    def run(self, scratch: Path) -> Path:
        model = scratch / "model"
        model.mkdir()
        (model / "config.json").write_text("trained")
        return model


def test_a_stand_in_trains_nothing_and_is_never_taken_for_the_training(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("base")
    stand_in = StandInCheckpointDataset(filepath=str(tmp_path / "models"))
    stand_in.save(Training(base))
    assert (stand_in.load() / "config.json").read_text() == "base"
    real = CheckpointDataset(filepath=str(tmp_path / "models"))
    real.save(Training(base))
    assert (real.load() / "config.json").read_text() == "trained"


def test_what_is_no_training_keeps_its_reason(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("base")
    stand_in = StandInCheckpointDataset(filepath=str(tmp_path / "models"))
    stand_in.save(UntrainedPlan(base, "no rows"))
    assert why_untrained(stand_in.load()) == "no rows"

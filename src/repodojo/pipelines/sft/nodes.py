"""Nodes of the pipeline `sft`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from repodojo.training.chat_format import sft_rows
from repodojo.training.plan import TrainingPlan, UntrainedPlan
from repodojo.training.settings import SFTSettings
from repodojo.types import Trajectory


def build_sft_rows(trajectories: list[Trajectory], sft: SFTSettings) -> list[dict[str, Any]]:
    """Turn trajectories into chat rows."""
    return sft_rows(trajectories, sft.rows)


def plan_training(
    rows: list[dict[str, Any]], base_checkpoint: Path, sft: SFTSettings, trajectories: list[Trajectory]
) -> TrainingPlan:
    """Plan the fine-tuning of the base model on the rows, which come of the trajectories."""
    instances = tuple(sorted({each.instance_id for each in trajectories}))
    return TrainingPlan("policy", base_checkpoint, tuple(rows), sft.training, instances)


def plan_training_if_any(
    rows: list[dict[str, Any]],
    start: Path,
    otherwise: Path,
    sft: SFTSettings,
    trajectories: list[Trajectory],
) -> TrainingPlan | UntrainedPlan:
    """Plan the fine-tuning of ``start``; without rows to learn from, ``otherwise`` stays the checkpoint."""
    if not rows:
        return UntrainedPlan(otherwise)
    return replace(plan_training(rows, start, sft, trajectories), otherwise=otherwise)

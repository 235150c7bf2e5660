"""What makes a base model: its shape, its text and its schedule."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from repodojo.training.launch import run_child
from repodojo.types import Seed


class Stage(BaseModel):
    """One part of the schedule; the learning rate goes linearly from first to last."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(ge=1)
    rows_per_step: int = Field(12, ge=1)
    tokens_per_row: int = Field(512, ge=64)
    """Documents follow one another in a row until it is full: copying over longer distances."""
    max_characters: int = Field(1100, ge=100)
    """Longer documents are not written."""
    turns: bool = False
    """Whether a document is a question and its answer between the chat's control tokens."""
    sessions_share: float = Field(0.0, ge=0, le=1)
    """Of documents in turns, the share that are a bug worked on over several turns."""
    variants_share: float = Field(0.0, ge=0, le=1)
    """Of documents in turns, the share that are a function and several edits of it."""
    made_up_share: float = Field(0.0, ge=0, le=1)
    """Of names and words, the share that no vocabulary holds whole."""
    rewrites_share: float = Field(0.0, ge=0, le=1)
    """Of repairs, the share said as the line before and after; the others are sed commands."""
    dressed_share: float = Field(0.0, ge=0, le=1)
    """Of sessions and variants, the share whose answers are wrapped, as those to tools are."""
    repeats_share: float = Field(0.0, ge=0, le=1)
    """Share of rows of random tokens said twice: the second time teaches copying, and nothing else."""
    prompt_weight: float = Field(0.15, ge=0)
    """Of a prompt's token in the loss; a completion's weighs 1."""
    first_learning_rate: float = Field(2e-3, gt=0)
    last_learning_rate: float = Field(0.0, ge=0)
    warmup_steps: int = Field(50, ge=0)


class Recipe(BaseModel):
    """Everything that decides the weights, apart from the versions of Python and torch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden_size: int = Field(ge=8)
    layers: int = Field(ge=2)
    heads: int = Field(ge=2)
    intermediate_size: int = Field(ge=8)
    vocabulary_size: int = Field(4096, ge=300)
    stages: tuple[Stage, ...] = Field(min_length=1)
    held_out_modules: int = Field(20, ge=0)
    """Modules of the standard library that training never sees."""
    seed: Seed = 0


class BaseModelSettings(BaseModel):
    """The sizes that are made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    small: Recipe
    medium: Recipe


@dataclass(frozen=True)
class PretrainingPlan:
    """A base model that is owed unless a checkpoint of its fingerprint exists."""

    recipe: Recipe
    threads: int = 2

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """What decides the weights; the corpus is the standard library of this Python."""
        return {"recipe": self.recipe.model_dump(mode="json"), "python": platform.python_version()}

    def run(self, scratch: Path) -> Path:
        """Train in a child process, resuming what ``scratch`` holds; return the finished folder."""
        finished = scratch / "model"
        config = {
            "recipe": self.recipe.model_dump(mode="json"),
            "output": str(finished.absolute()),
            "threads": self.threads,
        }
        run_child("base model", "repodojo.base_model.pretrain", config, scratch)
        return finished

"""How a training is done: the settings shared by policy and verifier."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from repodojo.training.token_rows import Overlong
from repodojo.types import Seed


class LoraSettings(BaseModel):
    """Low-rank adaptation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(64, ge=1)
    alpha: int = Field(64, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: str | tuple[str, ...] = "all-linear"
    merged: bool = True
    """Save the whole model with the adapter merged into it, or the adapter alone, which names its base."""


class TrainingSettings(BaseModel):
    """Settings of one supervised fine-tuning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(1e-4, gt=0)
    epochs: float = Field(5, gt=0)
    rows_per_step: int = Field(8, ge=1)
    """Rows (packs, with ``packing``) in one optimiser step over all processes."""
    rows_per_device: int = Field(1, ge=1)
    max_tokens: int = Field(32_768, ge=8)
    overlong: Overlong = "keep_first"
    """What becomes of longer rows: their first ``max_tokens`` tokens, nothing, or pieces of that length."""
    packing: bool = True
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_steps: int = Field(5, ge=0)
    weight_decay: float = Field(0.01, ge=0)
    lora: LoraSettings | None = None
    """None trains every weight."""
    bf16: bool = True
    gradient_checkpointing: bool = False
    save_steps: int = Field(100, ge=1)
    """Steps between the checkpoints that an interrupted training goes on from."""
    seed: Seed = 0


class RowSettings(BaseModel):
    """How trajectories become rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per: Literal["trajectory", "call"] = "trajectory"
    """A row for each trajectory, or one for each model call, with loss on that call's answer only."""
    masked_turns: tuple[Literal["failed", "malformed"], ...] = ()
    """Turns without loss: commands that failed, answers without a command."""


class SFTSettings(TrainingSettings):
    """Settings of the policy's fine-tuning."""

    rows: RowSettings = RowSettings()

    @property
    def training(self) -> TrainingSettings:
        """Return the settings of the training alone."""
        return TrainingSettings(**self.model_dump(exclude={"rows"}))

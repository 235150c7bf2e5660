"""How the verifier is trained and asked."""

from pydantic import BaseModel, ConfigDict, Field

from repodojo.training.settings import TrainingSettings


class VerifierSettings(BaseModel):
    """Settings of the verifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    negatives_per_positive: float = Field(1.0, gt=0)
    max_characters: int = Field(100_000, ge=200)
    """Of an interaction; a longer one loses messages from its middle."""
    training: TrainingSettings = TrainingSettings()

"""How the verifier is trained and asked."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from repodojo.training.settings import LoraSettings, TrainingSettings


def _default(value: Any) -> Any:
    """Leave a field that has its default out of what fingerprints are made of."""
    return Field(value, exclude_if=lambda found: found == value)


class VerifierTraining(TrainingSettings):
    """Settings of the verifier's training: LoRA unless told otherwise, which the paper found better."""

    lora: LoraSettings | None = LoraSettings()


class VerifierSettings(BaseModel):
    """Settings of the verifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    negatives_per_positive: float = Field(1.0, gt=0)
    max_characters: int = Field(100_000, ge=200)
    """Of an interaction; a longer one loses messages from its middle. The form ``patch`` leaves out spans."""
    training: VerifierTraining = VerifierTraining()
    form: Literal["interaction", "patch"] = _default("interaction")
    """What the verifier is shown: the whole interaction, or issue, patch and viewed code."""
    prompts: str = _default("")
    """Folder whose system.j2 and user.j2 take the place of the form's own."""
    leading_space: bool = _default(False)
    """Ask for the answers with a space before them, as the released scoring script does."""
    mix: Literal["mixture", "off_policy", "on_policy"] = _default("mixture")
    balance: Literal["per_subset", "pooled"] = _default("per_subset")
    """Draw failures to match the successes of each subset, or from all subsets together."""
    positives_per_instance: int | None = Field(None, ge=1, exclude_if=lambda found: found is None)
    negatives_per_instance: int | None = Field(None, ge=1, exclude_if=lambda found: found is None)
    calibration_share: float = Field(0.0, ge=0, lt=1, exclude_if=lambda found: found == 0)
    """Of the training repositories: kept from the verifier, so that fits on its scores are not flattered."""

"""How many attempts are made at an instance, and within which limits."""

from pydantic import BaseModel, ConfigDict, Field

from repodojo.rollouts.run import RolloutLimits


class RolloutSettings(BaseModel):
    """Settings of a set of rollouts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(8, ge=1)
    """Attempts at every instance."""
    first_temperature: float = Field(0.0, ge=0)
    temperatures: tuple[float, ...] = (0.8,)
    """Of the second attempt and those after it; the last one stands for all that follow."""
    turns: int = Field(12, ge=1)
    malformed: int = Field(3, ge=1)
    """Malformed answers in a row that end a rollout."""
    answer_tokens: int = Field(160, ge=1)
    command_timeout_s: float = Field(10.0, gt=0)
    rollout_timeout_s: float = Field(600.0, gt=0)
    observation_chars: int = Field(1800, ge=100)
    """Characters of a command's output that the policy sees; the middle of a longer one is left out."""
    seed: int = 0

    def limits(self) -> RolloutLimits:
        """Return what ends one rollout."""
        return RolloutLimits(
            turns=self.turns,
            malformed=self.malformed,
            command_timeout_s=self.command_timeout_s,
            rollout_timeout_s=self.rollout_timeout_s,
            answer_tokens=self.answer_tokens,
        )

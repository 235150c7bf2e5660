"""How many attempts are made at an instance, and within which limits."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from repodojo.policies.budget import Budget
from repodojo.rollouts.run import RolloutLimits
from repodojo.scaffolds.choice import ScaffoldChoice, make_scaffold
from repodojo.scaffolds.scaffold import Scaffold
from repodojo.types import Seed

_OPTIONAL = ("scaffold", "context_tokens", "redraws", "budget")


class RolloutSettings(BaseModel):
    """Settings of a set of rollouts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scaffold: ScaffoldChoice = ScaffoldChoice()
    attempts: int = Field(8, ge=1)
    """Attempts at every instance."""
    first_temperature: float = Field(0.0, ge=0)
    temperatures: tuple[Annotated[float, Field(ge=0)], ...] = (0.8,)
    """Of the second attempt and those after it; the last one stands for all that follow."""
    turns: int = Field(12, ge=1)
    malformed: int = Field(3, ge=1)
    """Malformed answers in a row that end a rollout."""
    answer_tokens: int = Field(256, ge=1)
    command_timeout_s: float = Field(10.0, gt=0)
    rollout_timeout_s: float = Field(600.0, gt=0)
    observation_chars: int = Field(1800, ge=100)
    """Characters of a command's output that the policy sees; the middle of a longer one is left out."""
    context_tokens: int | None = Field(None, ge=1)
    """Tokens of a conversation, the last answer among them, that end a rollout; the policy's own limit
    unless given."""
    redraws: int = Field(0, ge=0)
    """Further draws, each warmer, of an answer that repeats one of the conversation; none when greedy."""
    seed: Seed = 0
    budget: Budget = Budget()
    """Rollouts beyond it are not asked; a later run with a larger one takes them up."""

    def make_scaffold(self) -> Scaffold:
        """Build the scaffold.

        Raises:
            InputError: a prompt has become unusable since the settings were checked.
        """
        return make_scaffold(self.scaffold.name, self.scaffold.options, self.observation_chars)

    def identity(self) -> dict[str, Any]:
        """Return what decides results beside the scaffold, whose fingerprint says more than its name.

        A budget decides how many there are, not what they are.
        """
        return self.model_dump(mode="json", exclude={"scaffold", "budget"})

    def identity_of_one(self) -> dict[str, Any]:
        """Return what of `identity` decides one rollout beside its plan."""
        planned = ("attempts", "seed", "first_temperature", "temperatures")
        return {name: value for name, value in self.identity().items() if name not in planned}

    @model_serializer(mode="wrap")
    def _omit_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not chosen: results made before there was a choice stay valid."""
        unused = {name: type(self).model_fields[name].default for name in _OPTIONAL}
        chosen: dict[str, Any] = serialise(self)
        return {
            name: value
            for name, value in chosen.items()
            if name not in unused or getattr(self, name) != unused[name]
        }

    def limits(self) -> RolloutLimits:
        """Return what ends one rollout."""
        return RolloutLimits(
            turns=self.turns,
            malformed=self.malformed,
            command_timeout_s=self.command_timeout_s,
            rollout_timeout_s=self.rollout_timeout_s,
            answer_tokens=self.answer_tokens,
            context_tokens=self.context_tokens,
            redraws=self.redraws,
        )

"""What a set of rollouts may use in calls of a policy. Pure."""

from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


@dataclass(frozen=True)
class Tokens:
    """What calls use."""

    prompt: int = 0
    completion: int = 0

    def plus(self, other: "Tokens") -> "Tokens":
        """Add both kinds."""
        return Tokens(self.prompt + other.prompt, self.completion + other.completion)

    def minus(self, other: "Tokens") -> "Tokens":
        """Subtract both kinds."""
        return Tokens(self.prompt - other.prompt, self.completion - other.completion)


class Budget(BaseModel):
    """The most that a set of rollouts may use, through all runs that make it; without a limit, no budget."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: int | None = Field(None, ge=1)
    """Of prompts and answers together."""
    money: float | None = Field(None, gt=0)
    """In the currency of the two prices."""
    prompt_million: float = Field(0.0, ge=0)
    """The price of a million prompt tokens."""
    completion_million: float = Field(0.0, ge=0)
    """The price of a million tokens of answers."""

    @model_validator(mode="after")
    def _check_prices(self) -> Self:
        if self.money is not None and not self.prompt_million + self.completion_million:
            raise ValueError("'money' needs 'prompt_million' or 'completion_million'")
        return self

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self.tokens is not None or self.money is not None

    def cost(self, used: Tokens) -> float:
        """Return the money that tokens cost."""
        return (used.prompt * self.prompt_million + used.completion * self.completion_million) / 1e6

    def refusal(self, used: Tokens) -> str:
        """Say which limit is passed where so many tokens are used; empty where none is."""
        total = used.prompt + used.completion
        if self.tokens is not None and total > self.tokens:
            return f"the budget of {self.tokens:,} tokens"
        if self.money is not None and self.cost(used) > self.money:
            return f"the budget of {self.money:g} in money"
        return ""

    def limits(self) -> dict[str, Any]:
        """Return the limits alone."""
        return {"tokens": self.tokens, "money": self.money}

    def exceeds(self, limits: dict[str, Any]) -> bool:
        """Whether a limit is larger than it was, or gone."""
        return any(
            limits.get(name) is not None and (limit is None or limit > limits[name])
            for name, limit in self.limits().items()
        )

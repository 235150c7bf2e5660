"""When work that does not end is given up: each thunk after a time, and the last few together. Pure."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

LAST_FEW = 0.05
"""The share of all thunks that are the last few."""


class Stragglers(BaseModel):
    """Bounds in seconds; None is without one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    each_s: float | None = Field(None, gt=0)
    """Of one thunk."""
    together_s: float | None = Field(None, gt=0)
    """Of the last few, from when only they are left."""

    def are_last(self, rest: int, total: int) -> bool:
        """Whether so many of all are the last few."""
        return 0 < rest <= LAST_FEW * total

    def overdue(
        self, started: Mapping[str, float], last_few_since: float | None, now: float
    ) -> dict[str, str]:
        """Return the thunks to give up, from when each was started, and why."""
        last_few_s = 0.0 if last_few_since is None else now - last_few_since
        if self.together_s is not None and last_few_s > self.together_s:
            return dict.fromkeys(started, f"the last few took more than {self.together_s:g} s")
        if self.each_s is None:
            return {}
        why = f"it took more than {self.each_s:g} s"
        return {key: why for key, since in started.items() if now - since > self.each_s}

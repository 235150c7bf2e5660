"""What becomes of thunks wherever they run: a result, or a record of why it is not waited for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from repodojo.datasets.stragglers import Stragglers


@dataclass(frozen=True)
class Result:
    """What one thunk returned or raised."""

    key: str
    value: Any = None
    error: BaseException | None = None


class Watch:
    """Gives up what takes too long."""

    def __init__(
        self, stragglers: Stragglers | None, give_up: Callable[[str, str], Any] | None, total: int
    ) -> None:
        """Bind the bounds, what records a thunk by its key and a reason, and how many thunks there are."""
        self._stragglers = stragglers or Stragglers()
        self._give_up = give_up
        self._total = total
        self._last_few_since: float | None = None

    def overdue(self, started: Mapping[str, float], waiting: int, now: float) -> dict[str, str]:
        """Return the thunks to give up, from when each was started, and why."""
        rest = len(started) + waiting
        if self._last_few_since is None and self._stragglers.are_last(rest, self._total):
            self._last_few_since = now
        return self._stragglers.overdue(started, self._last_few_since, now)

    def given_up(self, key: str, why: str) -> Result:
        """Return the result of a thunk that is given up; without a record of it, an error."""
        if self._give_up is None:
            return Result(key, error=TimeoutError(why))
        return Result(key, value=self._give_up(key, why))

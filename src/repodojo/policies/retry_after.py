"""How long to wait before a request is sent again: as the endpoint asks, else growing with jitter."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, wait_random_exponential

from repodojo.errors import PolicyError


class TransientError(PolicyError):
    """A failure that may pass, and what the endpoint asked for."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def read_retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None without one."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def wait_as_asked(longest_s: float) -> Callable[[RetryCallState], float]:
    """Return tenacity's waiting rule: as asked, else growing with jitter; at most ``longest_s``."""
    grow = wait_random_exponential(multiplier=0.5, max=longest_s)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, TransientError) else None
        return grow(state) if asked is None else min(asked, longest_s)

    return wait

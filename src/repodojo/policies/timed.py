"""A policy that tells how long its answers take."""

import time
from collections import deque
from collections.abc import Sequence

from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.types import Message

_KEPT = 10_000


class TimedPolicy:
    """A `Policy` that keeps the seconds of its last answers, for many threads at once."""

    def __init__(self, policy: Policy) -> None:
        """Wrap a policy."""
        self.name = policy.name
        self.fingerprint = policy.fingerprint
        self._policy = policy
        self._seconds: deque[float] = deque(maxlen=_KEPT)

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation; a failure has no time."""
        started = time.monotonic()
        completion = self._policy.complete(messages, parameters)
        self._seconds.append(time.monotonic() - started)
        return completion

    def latency(self) -> float | None:
        """Return the mean seconds of the answers since the last call; None where there was none."""
        seconds = [self._seconds.popleft() for _ in range(len(self._seconds))]
        return sum(seconds) / len(seconds) if seconds else None

import time

import pytest

from repodojo.errors import PolicyError
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.policies.timed import TimedPolicy
from repodojo.types import Message


class Slow:
    name, fingerprint = "slow", "f"

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)

    def complete(self, messages: object, parameters: object) -> Completion:
        if not self.seconds:
            raise PolicyError("down")
        time.sleep(self.seconds.pop(0))
        return Completion("x", "stop", 1, 1)


def test_the_mean_is_that_of_the_answers_since_it_was_last_asked() -> None:
    policy = TimedPolicy(Slow(0.01, 0.03))
    assert policy.latency() is None
    for _ in range(2):
        policy.complete([Message("user", "x")], SamplingParameters())
    latency = policy.latency()
    assert latency is not None
    assert latency >= 0.02
    with pytest.raises(PolicyError):
        policy.complete([Message("user", "x")], SamplingParameters())
    assert policy.latency() is None, "a failure has no time"
    assert (policy.name, policy.fingerprint) == ("slow", "f")

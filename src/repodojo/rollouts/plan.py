"""Which rollouts to run: instances x attempts, each with an id, a temperature and a seed.

Everything follows from the ids, so a plan made again, in any order or on any subset, is the same plan.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RolloutPlan:
    """One rollout to run."""

    rollout_id: str
    """``instance_id.attempt``."""
    instance_id: str
    attempt: int
    temperature: float
    seed: int


def rollout_id(instance_id: str, attempt: int) -> str:
    """Name a rollout."""
    return f"{instance_id}.{attempt}"


def derive_seed(*parts: object) -> int:
    """Derive a seed of 31 bits from the text of its parts."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def attempt_temperature(attempt: int, first: float, rest: Sequence[float]) -> float:
    """Return the first attempt's temperature, then those of ``rest`` in turn, its last one from there on."""
    if attempt == 0 or not rest:
        return first
    return rest[min(attempt, len(rest)) - 1]


def plan_rollouts(
    instance_ids: Iterable[str],
    attempts: int,
    seed: int = 0,
    first_temperature: float = 0.0,
    temperatures: Sequence[float] = (0.8,),
) -> list[RolloutPlan]:
    """Plan ``attempts`` rollouts of every instance; attempt by attempt, so that an early stop is balanced."""
    names = sorted(set(instance_ids))
    return [
        RolloutPlan(
            rollout_id=rollout_id(name, attempt),
            instance_id=name,
            attempt=attempt,
            temperature=attempt_temperature(attempt, first_temperature, temperatures),
            seed=derive_seed(seed, rollout_id(name, attempt)),
        )
        for attempt in range(attempts)
        for name in names
    ]

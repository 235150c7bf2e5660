"""How many rollouts may be in flight, from what they do to the machine and to the endpoint. Pure.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), after a start that doubles (Jacobson, 1988).
Congestion is a machine without idle cores or an endpoint that answers much slower than it did at its best
(the rule of TCP Vegas and of Netflix's concurrency-limits, "Performance Under Load", 2018). The best is
measured again whenever few are in flight (as Envoy's adaptive concurrency filter does): conversations grow,
and a best that is forgotten step by step would follow the queue that it is to reveal. Memory is no matter
of probing: what one more would take is measured, so it bounds the number at once.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

BACKOFF = 0.75


class ConcurrencySettings(BaseModel):
    """What the number of rollouts in flight is kept within."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least: int = Field(4, ge=1)
    """So many are always allowed."""
    cpu: float = Field(0.9, gt=0, le=1)
    """The busy share of the machine's cores."""
    free_gib: float = Field(2.0, ge=0)
    """Memory that is left to others."""
    latency: float = Field(3.0, gt=1)
    """Mean seconds of an answer, as a multiple of the best that was seen."""


@dataclass(frozen=True)
class Load:
    """What was measured since the step before."""

    in_flight: int
    cpu: float
    """Busy share of the cores, 0 to 1."""
    available_bytes: int
    """Memory that can be taken without swapping."""
    bytes_each: float
    """What a rollout takes, at least 1."""
    latency_s: float | None
    """Mean seconds of the endpoint's answers; None where none came."""


@dataclass(frozen=True)
class Pace:
    """What is allowed, and what that was learnt from."""

    allowed: int
    starting: bool = True
    """Whether there was no congestion yet."""
    best_latency_s: float | None = None


def adjust(pace: Pace, load: Load, settings: ConcurrencySettings, most: int) -> Pace:
    """Return what is allowed until the next step, from ``least`` to ``most``."""
    best = _best(pace.best_latency_s, load, settings)
    allowed, starting = pace.allowed, pace.starting
    if is_congested(load, best, settings):
        allowed, starting = int(allowed * BACKOFF), False
    elif load.in_flight >= allowed:
        allowed = 2 * allowed if starting else allowed + 1
    least = min(settings.least, most)
    return Pace(max(least, min(allowed, most, _room(load, settings))), starting, best)


def is_congested(load: Load, best_latency_s: float | None, settings: ConcurrencySettings) -> bool:
    """Whether one more would only wait."""
    is_slow = (
        load.latency_s is not None
        and best_latency_s is not None
        and load.latency_s > settings.latency * best_latency_s
    )
    return load.cpu > settings.cpu or is_slow


def _room(load: Load, settings: ConcurrencySettings) -> int:
    """Return how many the memory holds, those in flight among them."""
    left = load.available_bytes - settings.free_gib * 2**30
    return load.in_flight + int(left // max(load.bytes_each, 1.0))


def _best(known: float | None, load: Load, settings: ConcurrencySettings) -> float | None:
    if load.latency_s is None:
        return known
    if known is None or load.in_flight <= settings.least:
        return load.latency_s
    return min(known, load.latency_s)

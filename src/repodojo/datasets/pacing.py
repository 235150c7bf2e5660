"""Measures the machine and the endpoint at each step, and says how many thunks may be in flight."""

import logging
from collections.abc import Callable

from repodojo.rollouts.concurrency import ConcurrencySettings, Load, Pace, adjust
from repodojo.rollouts.machine import Machine, read_available_bytes

logger = logging.getLogger(__name__)


class Pacer:
    """Called with how many are in flight; returns how many may be."""

    def __init__(self, settings: ConcurrencySettings, most: int, latency: Callable[[], float | None]) -> None:
        """Begin with the least; ``latency`` gives the mean seconds of an answer since it was last asked."""
        self._settings = settings
        self._most = most
        self._latency = latency
        self._machine = Machine()
        self._pace = Pace(min(settings.least, most))

    def __call__(self, in_flight: int) -> int:
        """Measure, and adjust what is allowed."""
        load = Load(
            in_flight,
            self._machine.cpu(),
            read_available_bytes(),
            self._machine.bytes_each(in_flight),
            self._latency(),
        )
        before, self._pace = self._pace, adjust(self._pace, load, self._settings, self._most)
        if self._pace.allowed != before.allowed:
            logger.debug(
                "%d instead of %d in flight are allowed: %s", self._pace.allowed, before.allowed, load
            )
        return self._pace.allowed

"""Backends that are sent to another process: there stands one of the same settings, one for each process."""

import atexit
from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def revive(backend: Callable[..., Any], *settings: Any) -> Any:
    """Return the backend of these settings in this process; it is closed when the process ends."""
    made = backend(*settings)
    atexit.register(made.close)
    return made

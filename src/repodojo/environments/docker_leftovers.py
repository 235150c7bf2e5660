"""Finds and removes containers whose owner was killed: at the latest when the next owner starts."""

import os
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from docker.errors import APIError

from repodojo.environments.inside.processes import start_of

_MACHINE, _BOOT, _OWNER = "repodojo.machine", "repodojo.boot", "repodojo.owner"


def owner_labels() -> dict[str, str]:
    """Return the labels that name this process, for good, as a container's owner."""
    return {_MACHINE: _machine(), _BOOT: _boot(), _OWNER: f"{os.getpid()}:{start_of(os.getpid())}"}


def remove_leftovers(api: Any) -> list[str]:
    """Remove the containers of dead owners on this machine; returns their ids."""
    found = api.containers(all=True, filters={"label": f"{_MACHINE}={_machine()}"})
    dead = [container["Id"] for container in found if not _is_owned(container["Labels"])]
    for container in dead:
        # Its own end may be removing it at this moment.
        with suppress(APIError):
            api.remove_container(container, force=True, v=True)
    return dead


def _is_owned(labels: dict[str, str]) -> bool:
    pid, _, start = labels.get(_OWNER, "").partition(":")
    return labels.get(_BOOT) == _boot() and pid.isdigit() and start_of(int(pid)) == start


@cache
def _machine() -> str:
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return f"{uuid.getnode():012x}"


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""

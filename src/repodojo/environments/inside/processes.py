"""Reads and ends the processes of the caller's process-id namespace."""
# ruff: noqa: PTH

import os
import signal
import time
from collections.abc import Collection
from typing import NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE")
_ROUNDS = 200


class Process(NamedTuple):
    """One running process; pid and start time together name it for ever."""

    pid: int
    parent: int
    started: int
    memory_bytes: int


Table = dict[int, Process]


def read_table() -> Table:
    """Return the running processes but the caller; zombies are left out."""
    table: Table = {}
    own = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != own:
            process = _read_process(int(name))
            if process is not None:
                table[process.pid] = process
    return table


def _read_process(pid: int) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            fields = file.read(1024).rpartition(b")")[2].split()
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as file:
            _, resident, shared = file.read(256).split()[:3]
    except (OSError, ValueError):
        return None
    if len(fields) < 20 or fields[0] in (b"Z", b"X"):
        return None
    return Process(pid, int(fields[1]), int(fields[19]), (int(resident) - int(shared)) * _PAGE)


def not_kept(table: Table, kept: Collection[tuple[int, int]]) -> list[Process]:
    """Return the processes that neither are kept, as pairs of pid and start time, nor descend from kept ones."""
    return [process for process in table.values() if not _descends(process, table, kept)]


def _descends(process: Process, table: Table, kept: Collection[tuple[int, int]]) -> bool:
    seen = 0
    current: Process | None = process
    while current is not None and seen <= len(table):
        if (current.pid, current.started) in kept:
            return True
        current = table.get(current.parent)
        seen += 1
    return False


def kill(pid: int) -> None:
    """Kill one process, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def kill_all() -> None:
    """Kill every process of the namespace but the caller, at once: forks cannot outrun it."""
    kill(-1)


def kill_not_kept(kept: Collection[tuple[int, int]]) -> None:
    """Kill until every process left is kept; a swarm that forks faster is ended with everything else."""
    for attempt in range(_ROUNDS):
        doomed = not_kept(read_table(), kept)
        if not doomed:
            return
        for process in doomed:
            kill(process.pid)
        if attempt:
            time.sleep(0.001)
    kill_all()

"""Reads and ends the processes of the caller's process-id namespace."""

import os
import signal
import time
from collections.abc import Collection
from typing import NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PAGES_PER_TABLE = 512
_MOST_TABLES = 2 * 65530
"""Of pages that are far apart: as many as a process may have mappings (vm.max_map_count), on two levels."""
_ROUNDS = 200

Name = tuple[int, int]
"""A process for ever: its id and its start time."""


class Process(NamedTuple):
    """One running process."""

    pid: int
    parent: int
    started: int
    threads: int
    most_bytes: int
    """What it can hold at most: resident, with what is shared, and page tables for all that is mapped."""

    @property
    def name(self) -> Name:
        """What tells it from a later one with the same id."""
        return self.pid, self.started


Table = dict[int, Process]


def read_table() -> Table:
    """Return the running processes but the caller; zombies are left out."""
    table: Table = {}
    own = os.getpid()
    for pid in list_pids():
        if pid != own:
            process = _read_process(pid)
            if process is not None:
                table[pid] = process
    return table


def list_pids() -> list[int]:
    """Return the ids of all processes, zombies too."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


class BirthCounter:
    """Tells cheaply whether any process began; where the kernel does not say, it says yes."""

    def __init__(self) -> None:
        self._last = b""
        try:
            self._file = os.open("/proc/sys/kernel/ns_last_pid", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def has_changed(self) -> bool:
        """Whether one began since the last call."""
        if self._file < 0:
            return True
        last = os.pread(self._file, 16, 0)
        changed, self._last = last != self._last, last
        return changed


def children_of(pid: int) -> list[int]:
    """Return a process's children, zombies too."""
    with open(f"/proc/{pid}/task/{pid}/children", "rb", buffering=0) as file:
        return [int(child) for child in file.read(1 << 16).split()]


def _read_process(pid: int) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            fields = file.read(1024).rpartition(b")")[2].split()
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as file:
            mapped, resident = (int(field) for field in file.read(256).split()[:2])
    except (OSError, ValueError):
        return None
    if len(fields) < 20 or fields[0] in (b"Z", b"X"):
        return None
    most = resident + min(mapped, mapped // _PAGES_PER_TABLE + _MOST_TABLES)
    return Process(pid, int(fields[1]), int(fields[19]), int(fields[17]), most * _PAGE)


def unfiled_bytes(pid: int) -> int:
    """Return the memory of a process that no file backs, with all that it shares; nothing once it is gone."""
    return _sum_fields(pid, "status", (b"RssAnon:", b"RssShmem:", b"VmPTE:"))


def held_bytes(pid: int) -> int:
    """Return the same, but of what several processes share only its part, if the process lets it be seen."""
    part = _sum_fields(pid, "smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:"))
    return part + _sum_fields(pid, "status", (b"VmPTE:",)) if part else unfiled_bytes(pid)


def _sum_fields(pid: int, file: str, names: Collection[bytes]) -> int:
    try:
        with open(f"/proc/{pid}/{file}", "rb", buffering=0) as opened:
            fields = [line.split() for line in opened.read(1 << 14).splitlines()]
    except OSError:
        return 0
    return sum(int(field[1]) << 10 for field in fields if field and field[0] in names)


def not_kept(table: Table, kept: Collection[Name]) -> list[Process]:
    """Return the processes that neither are kept nor descend from kept ones."""
    return [process for process in table.values() if not _descends(process, table, kept)]


def _descends(process: Process, table: Table, kept: Collection[Name]) -> bool:
    current: Process | None = process
    for _ in range(len(table) + 1):
        if current is None:
            return False
        if current.name in kept:
            return True
        current = table.get(current.parent)
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


def signal_all(number: int) -> None:
    """Send a signal to every process of the namespace but the caller."""
    try:
        os.kill(-1, number)
    except ProcessLookupError:
        return


def kill_not_kept(kept: Collection[Name]) -> None:
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


def start_of(pid: int) -> str:
    """Return when a process began; a sign that no process has where it is gone, or waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if fields[0] in {"Z", "X"} else fields[19]

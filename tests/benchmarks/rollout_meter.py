"""What rollouts take of a machine while all of them are in flight: ours, or a peer's in its own Python."""

import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

from repodojo.rollouts.machine import read_pss_bytes

ROLLOUTS = 64
FIRST, LAST = 4, 24
"""Turns of every rollout between which processor time is counted."""
LATENCY_S = 0.25
_PATIENCE_S = 1200.0
_TICKS = os.sysconf("SC_CLK_TCK")


class CPUSeconds(NamedTuple):
    """Processor time since the start."""

    own: float
    """Of this process."""
    others: float
    """Of those below it, the ended ones among them that were waited for."""


def read_cpu_seconds() -> CPUSeconds:
    """Read what the kernel accounts to this process and all below it.

    Of a living one to the nanosecond (``schedstat``), of ended ones to the tick (proc_pid_stat(5)).
    """
    family = _family(os.getpid())
    return CPUSeconds(time.process_time(), sum(map(_ended, family)) + sum(map(_living, family[1:])))


def _family(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(found for child in children for found in _family(child))]


def _living(pid: int) -> float:
    """Return the seconds of a process so far; none if it has ended."""
    try:
        return (
            sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
            / 1e9
        )
    except OSError:
        return 0.0


def _ended(pid: int) -> float:
    """Return the seconds of a process's children that it waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / _TICKS


class Meter:
    """Looks at the machine when every rollout has come as far."""

    def __init__(self) -> None:
        """Look for the first time, before there are any."""
        self._base_bytes = read_pss_bytes()
        self._bytes = 0
        self._seen: list[CPUSeconds] = []
        self._all = threading.Barrier(ROLLOUTS, self._look, _PATIENCE_S)

    def answer(self, turn: int) -> str:
        """Wait as a model does, and return the command of a turn from 0 on; the last one hands in."""
        if turn in (FIRST, LAST):
            self._all.wait()
        threading.Event().wait(LATENCY_S)
        return "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT" if turn == LAST else f"true {turn}"

    def _look(self) -> None:
        self._seen.append(read_cpu_seconds())
        self._bytes = read_pss_bytes()

    def result(self) -> dict[str, float]:
        """Return processor milliseconds of a turn and mebibytes of a rollout."""
        first, last = self._seen
        turns = ROLLOUTS * (LAST - FIRST)
        own, others = ((after - before) / turns * 1000 for before, after in zip(first, last, strict=True))
        return {
            "cpu_ms_a_turn": round(own + others, 3),
            "own_ms": round(own, 3),
            "below_ms": round(others, 3),
            "pss_mib_each": round((self._bytes - self._base_bytes) / ROLLOUTS / (1 << 20), 2),
        }

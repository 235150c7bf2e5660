"""What the kernel says of the machine's load (``/proc``), for `concurrency`; Linux alone has it."""

from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_LEAST_EACH = 8 << 20
"""Bytes that a rollout is taken for before it has shown more."""


class CPUTimes(NamedTuple):
    """Ticks of all cores since the machine started."""

    busy: int
    total: int


def read_cpu_times() -> CPUTimes:
    """Read what the cores did so far (proc_stat(5)); waiting for a disk is idle."""
    fields = (_PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    ticks = [int(field) for field in fields]
    return CPUTimes(sum(ticks) - ticks[3] - ticks[4], sum(ticks))


def read_available_bytes() -> int:
    """Read how much memory can be taken without swapping (MemAvailable, proc_meminfo(5))."""
    for line in (_PROC / "meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def read_pss_bytes(pid: int | str = "self") -> int:
    """Read the proportional set size of a process and all below it; one that has ended counts nothing."""
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii")
        tasks = list((_PROC / str(pid) / "task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return 0
    own = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return own * 1024 + sum(read_pss_bytes(child) for child in children)


class Machine:
    """The machine's load since the last look at it."""

    def __init__(self) -> None:
        self._before = read_cpu_times()
        self._base_bytes = read_pss_bytes()

    def cpu(self) -> float:
        """Return the busy share of the cores since the last call; 0 where no time has passed."""
        before, self._before = self._before, read_cpu_times()
        passed = self._before.total - before.total
        return (self._before.busy - before.busy) / passed if passed > 0 else 0.0

    def bytes_each(self, in_flight: int) -> float:
        """Return by how much this process and those below it have grown, for each rollout in flight."""
        return max(_LEAST_EACH, (read_pss_bytes() - self._base_bytes) / max(in_flight, 1))

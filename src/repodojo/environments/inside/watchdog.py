"""Holds all processes of a sandbox together to limits that the kernel sets only for each of them."""

from repodojo.environments.inside import processes
from repodojo.environments.inside.control_groups import read_kill_count


class Watchdog:
    """Kills what exceeds the limits; ``killed_all`` says that not even the shell was spared.

    Args:
        limits: of the sandbox.
        kills: handle on the count of what the kernel killed in the sandbox's control group.
    """

    def __init__(self, limits: dict[str, int], kills: int) -> None:
        self._processes = limits["processes"]
        self._memory_bytes = limits["memory_bytes"]
        self._kills = kills
        self._told_kills = 0
        self.killed_all = False

    def look(self, kept: set[processes.Name]) -> bytes:
        """Enforce the limits, and add to ``kept`` what descends from it; returns a note on what it killed."""
        # A swarm is counted before anything is read of its members, which takes much longer.
        table = processes.read_table() if len(processes.list_pids()) <= self._processes else None
        if table is None or sum(process.threads for process in table.values()) > self._processes:
            processes.kill_all()
            self.killed_all = True
            return b"\n[sandbox: more than %d processes: all killed]\n" % self._processes
        largest = self._largest_beyond(table)
        if largest:
            processes.kill(largest)
            limit = self._memory_bytes >> 20
            return b"\n[sandbox: more than %d MiB of memory: the largest process killed]\n" % limit
        if kept:
            doomed = {process.pid for process in processes.not_kept(table, kept)}
            kept.update(process.name for process in table.values() if process.pid not in doomed)
        return b""

    def _largest_beyond(self, table: processes.Table) -> int:
        """Return the process that holds most if all hold too much, else 0.

        Three measures, each slower to read than the one before and never more than it.
        """
        held = {pid: process.most_bytes for pid, process in table.items()}
        for measure in (processes.unfiled_bytes, processes.held_bytes):
            if sum(held.values()) <= self._memory_bytes:
                return 0
            held = {pid: measure(pid) for pid in table}
        return max(held, key=lambda pid: held[pid]) if sum(held.values()) > self._memory_bytes else 0

    def begin(self) -> None:
        """Tell from now on only of what the kernel kills from now on."""
        self._told_kills = read_kill_count(self._kills)

    def tell_kills(self) -> bytes:
        """Return a note on what the kernel itself killed since the last one."""
        kills = read_kill_count(self._kills)
        if kills == self._told_kills:
            return b""
        self._told_kills = kills
        limit = self._memory_bytes >> 20
        return b"\n[sandbox: more than %d MiB of memory: the kernel killed a process]\n" % limit

"""Names what enforces each limit in this very sandbox, for its record."""

from collections.abc import Mapping

from repodojo.environments.inside.control_groups import MEMORY, PIDS

_WATCHED = "watchdog"


def name_mechanisms(bounds: Mapping[str, str], layering: str, counts_processes: bool) -> dict[str, str]:
    """Return, by limit, what enforces it.

    Args:
        bounds: control groups' versions, by controller, as the kernel tells them.
        layering: how the layers are stacked.
        counts_processes: whether an rlimit bounds the processes, too.
    """
    memory = [bounds.get(MEMORY, ""), "rlimit", _WATCHED]
    processes = [bounds.get(PIDS, ""), "rlimit" if counts_processes else "", _WATCHED]
    return {
        "memory": ", ".join(filter(None, memory)),
        "processes": ", ".join(filter(None, processes)),
        "disk": "tmpfs",
        "files": "tmpfs",
        "open_files": "rlimit",
        "cpu": "rlimit",
        "wall": _WATCHED,
        "layers": layering,
    }

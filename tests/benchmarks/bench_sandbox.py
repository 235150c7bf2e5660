"""Script: what a sandbox costs, beside what the parts it is made of cost without it.

Run as ``python tests/benchmarks/bench_sandbox.py``; it prints a table and a line of JSON. Times are of the
wall clock, so a busy machine shows in all of them; nothing here fails for a time.
"""

import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from printing import print_table
from sandbox_peers import add_peers, percentiles

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.grading.run import grade

IDLE = 256
MEBIBYTE = 1 << 20


def repeat(action: Callable[[], object], times: int) -> list[float]:
    """Return the seconds that each of some calls took, sorted."""
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return sorted(durations)


def bare_shell() -> dict[str, float]:
    """Measure a no-op in a bash at the end of two pipes, without any sandbox."""
    command = ["bash", "--noprofile", "--norc"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as shell:
        assert shell.stdin
        assert shell.stdout

        def ask() -> None:
            shell.stdin.write(b"true; echo x\n")
            shell.stdout.readline()

        result = percentiles(repeat(ask, 2000))
        shell.stdin.close()
    return result


def bare_unshare() -> dict[str, float]:
    """Measure util-linux: new namespaces and nothing mounted in them."""
    command = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "--pid",
        "--ipc",
        "--uts",
        "--net",
        "--fork",
        "true",
    ]
    return percentiles(repeat(lambda: subprocess.run(command, check=True), 30))


def cold_start(backend: NamespaceSandboxes, spec: SandboxSpec) -> list[float]:
    """Return the seconds until each of some sandboxes was ready for a command."""
    durations = []
    for _ in range(60):
        start = time.perf_counter()
        with backend.start(spec):
            durations.append(time.perf_counter() - start)
    return sorted(durations)


def descendants(pid: int) -> list[int]:
    """Return a process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(found for child in children for found in descendants(int(child)))]


def resident_bytes(pid: int) -> int:
    """Return a process's proportional share of memory."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def idle_memory(spec: SandboxSpec) -> dict[str, float]:
    """Measure many idle sandboxes, each with its shell, and the helper that all share."""
    backend = NamespaceSandboxes()
    with ExitStack() as stack:
        start = time.perf_counter()
        for _ in range(IDLE):
            stack.enter_context(backend.start(spec)).execute("cd /tmp; x=1", 30)
        seconds = time.perf_counter() - start
        total = sum(resident_bytes(pid) for helper in backend.helper_pids() for pid in descendants(helper))
    backend.close()
    return {
        "sandboxes": IDLE,
        "pss_mib_each": round(total / IDLE / MEBIBYTE, 2),
        "start_all_s": round(seconds, 2),
    }


def bytes_written(backend: NamespaceSandboxes, spec: SandboxSpec) -> dict[str, float]:
    """Return what a sandbox beside another one of its instance takes, before and after it writes 1 MB."""

    def used() -> int:
        return int(second.run("df --output=used --block-size=1 /tmp | tail -n 1", 30).text)

    with backend.start(spec), backend.start(spec) as second:
        empty = used()
        second.run("head -c 1000000 /dev/zero > written", 30)
        return {"bytes_empty": empty, "bytes_after_1_mb": used()}


def load_tiny_project() -> object:
    """Load the module that makes the project of the grading tests."""
    path = Path(__file__).parents[1] / "grading" / "tiny_project.py"
    spec = importlib.util.spec_from_file_location("tiny_project", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Measure everything."""
    tiny = load_tiny_project()
    project = tiny.build(folder)  # type: ignore[attr-defined]
    backend = NamespaceSandboxes()
    backend.check_support()
    table = {"bare shell, no-op": bare_shell(), "bare unshare, start": bare_unshare()}
    table["cold start"] = percentiles(cold_start(backend, project.spec))
    with backend.start(project.spec) as sandbox:
        sandbox.write("/tmp/empty.py", b"")
        for name, action, times in (
            ("execute, no-op", lambda: sandbox.execute("true", 30), 3000),
            ("run, no-op", lambda: sandbox.run("true", 30), 200),
            ("run_python, empty", lambda: sandbox.run_python("/tmp/empty.py", 30), 100),
            (
                "write + read 1 KiB",
                lambda: (sandbox.write("/tmp/f", bytes(1024)), sandbox.read("/tmp/f")),
                1000,
            ),
            ("diff", lambda: sandbox.diff(project.instance.base_commit), 30),
            ("100 MB of output", lambda: sandbox.execute("head -c 100000000 /dev/zero", 60), 3),
        ):
            table[name] = percentiles(repeat(action, times))
    gold = project.instance.patch
    grade(gold, project.instance, backend, project.spec, 60)
    table["grading, 4 tests"] = percentiles(
        repeat(lambda: grade(gold, project.instance, backend, project.spec, 60), 20)
    )
    table["further sandbox"] = bytes_written(backend, project.spec)
    backend.close()
    table["idle"] = idle_memory(project.spec)
    add_peers(table)
    return table


def main() -> int:
    """Measure, print the table, print the JSON."""
    with tempfile.TemporaryDirectory() as folder:
        table = measure(Path(folder))
    print_table(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Script: what a sandbox in a container costs, beside Docker's own start and commands through its SDK.

Run as ``make test-docker`` runs the tests: ``tests/docker/with_engine.sh .venv/bin/python
tests/benchmarks/bench_docker.py``. It prints a table and a line of JSON; without an engine it says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_sandbox import repeat
from printing import print_table
from sandbox_peers import add_peers, percentiles

import docker
from repodojo.environments.docker import DockerSandboxes
from repodojo.environments.sandbox import SandboxSpec

STARTS = 15


def docker_start(client: Any, image: str) -> float:
    """Return the seconds until a container of Docker's own ran its first command."""
    start = time.perf_counter()
    container = client.containers.run(image, ["sleep", "100"], network_mode="none", detach=True)
    container.exec_run(["true"])
    seconds = time.perf_counter() - start
    container.remove(force=True)
    return seconds


def docker_run(image: str) -> float:
    """Return the seconds that ``docker run`` takes for a command that does nothing."""
    name = f"repodojo-bench-{os.getpid()}"
    start = time.perf_counter()
    subprocess.run(["docker", "run", "--name", name, "--network", "none", image, "true"], check=True)
    seconds = time.perf_counter() - start
    subprocess.run(["docker", "rm", name], check=True, stdout=subprocess.DEVNULL)
    return seconds


def sandbox_start(backend: DockerSandboxes, spec: SandboxSpec) -> float:
    """Return the seconds until a sandbox ran its first command."""
    start = time.perf_counter()
    with backend.start(spec) as sandbox:
        sandbox.execute("true", 30)
        return time.perf_counter() - start


def measure_starts(client: Any, image: str, spec: SandboxSpec) -> dict[str, dict[str, float]]:
    """Measure starts in turn, so that a busy machine shows in all; a warm one some time after the last."""
    cold, warm = DockerSandboxes(image=image), DockerSandboxes(image=image, warm=2)
    seconds: dict[str, list[float]] = {name: [] for name in ("docker SDK", "sandbox", "sandbox, warm")}
    has_command = shutil.which("docker") is not None
    if has_command:
        seconds["docker run"] = []
    with cold.start(spec), warm.start(spec):
        for _ in range(STARTS):
            if has_command:
                seconds["docker run"].append(docker_run(image))
            seconds["docker SDK"].append(docker_start(client, image))
            seconds["sandbox"].append(sandbox_start(cold, spec))
            time.sleep(1)
            seconds["sandbox, warm"].append(sandbox_start(warm, spec))
            time.sleep(1)
    for backend in (cold, warm):
        backend.close()
    return {f"{name}, start": percentiles(sorted(found)) for name, found in seconds.items()}


def measure(image: str, folder: Path) -> dict[str, dict[str, float]]:
    """Measure everything."""
    (folder / "file").write_text("x")
    spec = SandboxSpec(layers=(folder,))
    backend = DockerSandboxes(image=image)
    backend.check_support()
    client = docker.from_env()
    table = measure_starts(client, image, spec)
    container = client.containers.run(image, ["sleep", "1000"], network_mode="none", detach=True)
    try:
        table["docker SDK, exec no-op"] = percentiles(repeat(lambda: container.exec_run(["true"]), 50))
        with backend.start(spec) as sandbox:
            table["sandbox, no-op"] = percentiles(repeat(lambda: sandbox.execute("true", 30), 3000))
            table["sandbox, run no-op"] = percentiles(repeat(lambda: sandbox.run("true", 30), 200))
            flood = repeat(lambda: sandbox.execute("head -c 100000000 /dev/zero", 60), 3)
            table["sandbox, 100 MB of output"] = percentiles(flood)
            sandbox.execute("head -c 1000000 /dev/zero > written", 30)
            own = client.api.containers(size=True, filters={"label": "repodojo.owner"})[0]
            table["sandbox, on disk"] = {"bytes": int(own.get("SizeRw", 0))}
    finally:
        container.remove(force=True)
        backend.close()
    add_peers(table, image)
    table["ratios"] = {
        "no_op": round(table["docker SDK, exec no-op"]["p50_ms"] / table["sandbox, no-op"]["p50_ms"], 1),
        "start": round(table["docker SDK, start"]["p50_ms"] / table["sandbox, start"]["p50_ms"], 2),
    }
    return table


def main() -> int:
    """Measure, print the table, print the JSON."""
    image = os.environ.get("REPODOJO_DOCKER_IMAGE")
    if not image:
        sys.stdout.write("Docker is not measured: REPODOJO_DOCKER_IMAGE names no image\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        table = measure(image, Path(folder))
    print_table(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

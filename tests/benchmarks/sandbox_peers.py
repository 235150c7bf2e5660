"""Script: seconds that starts and no-op commands take in sandboxes of other projects, as JSON.

It runs in a Python of its own, which ``REPODOJO_PEERS_PYTHON`` names, for the projects cannot share one with
this: ``python -m venv peers; peers/bin/pip install mini-swe-agent==2.4.6 swe-rex==1.4.0``. A peer that is not
there, or cannot run here, is named with the reason in place of its seconds.
"""

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

STARTS, COMMANDS = 8, 40
Rows = dict[str, list[float] | str]


def ask_peers(image: str = "") -> Rows:
    """Run this script in the peers' own Python; returns seconds, or a reason, by what was measured."""
    python = os.environ.get("REPODOJO_PEERS_PYTHON")
    if not python:
        return {
            "peers": "not measured: REPODOJO_PEERS_PYTHON names no Python with mini-swe-agent and swe-rex"
        }
    with tempfile.TemporaryDirectory() as folder:
        settings = {"MSWEA_SILENT_STARTUP": "1", "MSWEA_GLOBAL_CONFIG_DIR": folder}
        answer = subprocess.run(
            [python, __file__, image],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    found: Rows = json.loads(answer.stdout.splitlines()[-1])
    return found


def add_peers(table: dict[str, dict[str, float]], image: str = "") -> None:
    """Add the peers' rows to a table, and say which are not measured, and why."""
    for name, found in ask_peers(image).items():
        if isinstance(found, str):
            sys.stderr.write(f"{name}: {found}\n")
        else:
            table[name] = percentiles(sorted(found))


def percentiles(durations: list[float]) -> dict[str, float]:
    """Return p50, p90 and p99 in milliseconds of sorted seconds."""
    count = len(durations)
    return {f"p{p}_ms": round(durations[min(count - 1, count * p // 100)] * 1000, 3) for p in (50, 90, 99)}


def timed(action: Callable[[], object], times: int) -> list[float]:
    """Return the seconds that each of some calls took."""
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        durations.append(time.perf_counter() - start)
    return durations


def mini(make: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Measure an environment of mini-swe-agent: starts, with one command each, and further commands."""
    starts, environment = [], None
    for _ in range(STARTS):
        start = time.perf_counter()
        environment = make()
        environment.execute({"command": "true"})
        starts.append(time.perf_counter() - start)
        if len(starts) < STARTS and hasattr(environment, "cleanup"):
            environment.cleanup()
    commands = timed(lambda: environment.execute({"command": "true"}), COMMANDS)
    if hasattr(environment, "cleanup"):
        environment.cleanup()
    return starts, commands


async def rex_session() -> list[float]:
    """Measure no-op commands in a session of swe-rex, outside any container: its server would add to that."""
    from swerex.runtime.abstract import BashAction, CreateBashSessionRequest
    from swerex.runtime.local import LocalRuntime

    runtime, durations = LocalRuntime(), []
    await runtime.create_session(CreateBashSessionRequest())
    for _ in range(COMMANDS):
        start = time.perf_counter()
        await runtime.run_in_session(BashAction(command="true"))
        durations.append(time.perf_counter() - start)
    await runtime.close()
    return durations


def measure_mini(image: str) -> Rows:
    """Measure mini-swe-agent: in containers of an image, else in bubblewrap."""
    if importlib.util.find_spec("minisweagent") is None:
        return {"mini-swe-agent": "not measured: not installed"}
    if image:
        from minisweagent.environments.docker import DockerEnvironment

        options = {"image": image, "run_args": ["--rm", "--network", "none"]}
        starts, commands = mini(lambda: DockerEnvironment(**options))
        return {"mini docker, start": starts, "mini docker, no-op": commands}
    if shutil.which("bwrap") is None:
        return {"mini bwrap": "not measured: bubblewrap is not installed"}
    from minisweagent.environments.extra.bubblewrap import BubblewrapEnvironment

    starts, commands = mini(BubblewrapEnvironment)
    return {"mini bwrap, start": starts, "mini bwrap, no-op": commands}


def measure_rex(image: str) -> Rows:
    """Measure swe-rex."""
    if importlib.util.find_spec("swerex") is None:
        return {"swe-rex": "not measured: not installed"}
    if image:
        return {"swe-rex docker": "not measured: needs a bridge network, a port and its server in the image"}
    return {"swe-rex session, no-op": asyncio.run(rex_session())}


def measure(image: str) -> Rows:
    """Measure what is there and works."""
    rows: Rows = {}
    for name, peer in (("mini-swe-agent", measure_mini), ("swe-rex", measure_rex)):
        try:
            rows |= peer(image)
        except Exception as error:
            rows[name] = f"not measured: {type(error).__name__}: {str(error)[:200]}"
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1] if len(sys.argv) > 1 else "")) + "\n")

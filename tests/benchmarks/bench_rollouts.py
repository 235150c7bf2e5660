"""Script: what a turn costs in processor time and a rollout in memory, beside mini-swe-agent's batch runner.

Run as ``python tests/benchmarks/bench_rollouts.py``; it prints a table and a line of JSON, and never fails.
On both sides 64 rollouts are in flight, a model answers after 250 ms with a command that does nothing, and
every trajectory is written to disk. Processor time is what the kernel accounts to the runner and all below
it, shells and sandboxes among them, so that a busy machine will do, too (its cold caches make it somewhat
larger). Memory is the proportional set size of the same processes while all rollouts are in flight, less that
of the runner before them.

The peer's commands run in plain shells, where ours run in sandboxes; in bubblewrap, too, if it is installed.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from printing import print_table
from rollout_meter import LAST, ROLLOUTS, Meter

from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.workshop import Workshop
from repodojo.pipelines.attempts import plan_attempts
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Instance, Message

PEERS = Path(__file__).with_name("rollout_peers.py")
ENVIRONMENTS = {"local": "mini-swe-agent, no sandbox", "bubblewrap": "mini-swe-agent, bubblewrap"}


class SlowPolicy:
    """Answers as the meter says."""

    name = "slow"
    fingerprint = "slow"

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Return the next command."""
        command = self._meter.answer(sum(message.role == "assistant" for message in messages))
        return Completion(f"```bash\n{command}\n```", "stop", 1, 1)


def build_project(folder: Path) -> Instance:
    """Build the project of the grading tests; its environment and layer are left in the folder."""
    path = Path(__file__).parents[1] / "grading" / "tiny_project.py"
    spec = importlib.util.spec_from_file_location("tiny_project", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    instance: Instance = module.build(folder).instance
    return instance


def measure(folder: Path) -> dict[str, float]:
    """Measure rollouts as the pipelines plan and run them."""
    instance = build_project(folder)
    settings = RolloutSettings(
        attempts=ROLLOUTS, turns=LAST + 2, command_timeout_s=300.0, rollout_timeout_s=3600.0
    )
    sandboxes = NamespaceSandboxes()
    workshop = Workshop(sandboxes, folder / "environments", folder / "layers")
    dataset = ResumablePartitionedDataset(
        path=str(folder / "trajectories"), record="repodojo.types.Trajectory", max_workers=ROLLOUTS
    )
    meter = Meter()
    dataset.save(plan_attempts([instance], None, SlowPolicy(meter), workshop, settings))
    sandboxes.close()
    ends = [json.loads(path.read_text()) for path in (folder / "trajectories").glob("*/acme*.json")]
    assert [(one["exit_status"], len(one["turns"])) for one in ends] == [("Submitted", LAST + 1)] * ROLLOUTS
    return meter.result()


def measure_peer(environment: str) -> dict[str, float] | str:
    """Measure the peer in its own Python; return the reason where that is not possible."""
    python = os.environ.get("REPODOJO_PEERS_PYTHON")
    if not python:
        return "REPODOJO_PEERS_PYTHON names no Python with mini-swe-agent"
    if environment == "bubblewrap" and shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    with tempfile.TemporaryDirectory() as folder:
        settings = {"MSWEA_SILENT_STARTUP": "1", "MSWEA_GLOBAL_CONFIG_DIR": folder, "HF_HOME": folder}
        source = str(Path(__file__).parents[2] / "src")
        answer = subprocess.run(
            [python, str(PEERS), environment],
            env={**os.environ, **settings, "PYTHONPATH": source},
            stdout=subprocess.PIPE,
            check=False,
            text=True,
        )
    if answer.returncode:
        return f"it ended with {answer.returncode}"
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Measure, print the table, print the JSON."""
    with tempfile.TemporaryDirectory() as folder:
        table = {"repodojo, namespaces": measure(Path(folder))}
    for environment, name in ENVIRONMENTS.items():
        found = measure_peer(environment)
        if isinstance(found, str):
            sys.stderr.write(f"{name}: not measured: {found}\n")
        else:
            table[name] = found
    ours = table["repodojo, namespaces"]
    for row in table.values():
        row["cpu_ratio"] = round(row["cpu_ms_a_turn"] / ours["cpu_ms_a_turn"], 2)
        row["pss_ratio"] = round(row["pss_mib_each"] / ours["pss_mib_each"], 2)
    print_table(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

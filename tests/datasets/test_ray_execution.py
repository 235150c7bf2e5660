"""Tasks on a real Ray cluster of two nodes on this machine; what needs no cluster is tried without Ray."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.ray_execution import RaySettings, check_resources
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset

CLUSTER = """
import json, os, sys, threading, time
from functools import partial
from pathlib import Path
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray
from ray.cluster_utils import Cluster
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset

folder = Path(sys.argv[1])

def work(log, held, lost, key):
    node = ray.get_runtime_context().get_node_id()
    with open(log, "a") as file:
        file.write(f"start {key} {node}\\n")
    if key == "broken":
        raise KeyError("broken")
    deadline = time.monotonic() + 120
    # The first four end at once; of the others, those of the first node wait until the second one is lost.
    while key > "r03" and (node == lost or not Path(held).exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    with open(log, "a") as file:
        file.write(f"done {key} {node}\\n")
    return {"key": key, "node": node}

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False,
                  "object_store_memory": 100 << 20})
second = cluster.add_node(num_cpus=2, object_store_memory=100 << 20)
ray.init(address=cluster.address, log_to_driver=False)
log = folder / "log"
log.touch()

def lose():
    while True:
        started = [line.split() for line in log.read_text().splitlines()]
        done = {key for word, key, _ in started if word == "done"}
        begun = {key: node for word, key, node in started if word == "start"}
        held = [key for key, node in begun.items() if node == second.node_id and key not in done]
        if len(held) == 2 and min(held) > "r03" and len(done) >= 3:
            break
        time.sleep(0.05)
    cluster.remove_node(second, allow_graceful=False)
    (folder / "held.tmp").write_text(json.dumps(held))
    (folder / "held.tmp").rename(folder / "held")

threading.Thread(target=lose, daemon=True).start()
def thunk(key):
    return partial(work, str(log), str(folder / "held"), second.node_id, key)

thunks = {f"r{i:02}": thunk(f"r{i:02}") for i in range(12)}
dataset = ResumablePartitionedDataset(path=str(folder / "out"), max_workers=3, executor="ray",
                                      ray={"num_cpus": 1, "memory_gib": 0.05})
dataset.save(Plan(thunks, {}))
loaded = dataset.load()
dataset.save(Plan(thunks, {}))
again = dataset.saved.executed
thunks["broken"] = thunk("broken")
try:
    dataset.save(Plan(thunks, {}))
except Exception as error:
    raised = str(error)
try:
    dataset.save(Plan({"lock": partial(work, threading.Lock(), "", "", "x")}, {"other": 1}))
except Exception as error:
    refused = str(error)
told = {"loaded": loaded, "again": again, "raised": raised, "refused": refused}
(folder / "told").write_text(json.dumps(told))
ray.shutdown()
cluster.shutdown()
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'repodojo[ray]'")
    folder = tmp_path_factory.mktemp("ray")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RAY_AUTH_MODE": "disabled"}
    made = subprocess.run(
        [sys.executable, "-c", CLUSTER, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert made.returncode == 0, made.stderr[-4000:]
    lines = [line.split() for line in (folder / "log").read_text().splitlines()]
    held = json.loads((folder / "held").read_text())
    return {**json.loads((folder / "told").read_text()), "log": lines, "held": held}


def test_a_lost_node_costs_only_what_ran_on_it(run: dict[str, Any]) -> None:
    assert sorted(run["loaded"]) == [f"r{at:02}" for at in range(12)]
    starts = [key for word, key, _ in run["log"] if word == "start" and key != "broken"]
    twice = sorted(key for key in set(starts) if starts.count(key) == 2)
    assert twice == sorted(run["held"])
    assert len(twice) == 2
    assert len(starts) == 14
    nodes = {node for word, key, node in run["log"] if key == twice[0]}
    assert len(nodes) == 2


def test_what_was_done_is_not_done_again(run: dict[str, Any]) -> None:
    assert run["again"] == 0


def test_an_error_of_a_thunk_is_told_as_on_threads(run: dict[str, Any]) -> None:
    assert "1 of 13 raised, everything else is saved; first 'broken': KeyError: 'broken'" in run["raised"]


def test_what_cannot_leave_this_process_is_named_before_anything_runs(run: dict[str, Any]) -> None:
    assert "'lock' cannot be sent to a node (cannot pickle '_thread.lock' object" in run["refused"]
    assert not any(key == "x" for _, key, _ in run["log"])


WITHOUT_RAY = """
import sys
sys.modules["ray"] = None
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
ResumablePartitionedDataset(path=sys.argv[1], executor="ray").save(Plan({"a": dict}, {}))
"""


def test_ray_that_is_not_installed_is_one_clear_error(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert made.returncode == 1
    assert (
        "'executor: ray' in the catalog needs Ray, which is not installed; install the extra" in made.stderr
    )


def test_a_resource_that_no_node_has_is_named_instead_of_waited_for() -> None:
    cluster = {"CPU": 2.0, "memory": 4.0 * 2**30, "sandboxes": 1.0}
    check_resources(RaySettings(num_cpus=2, memory_gib=4, resources={"sandboxes": 1}), cluster)
    for settings, told in (
        (RaySettings(num_cpus=3), "3 of 'CPU', and the cluster has 2"),
        (RaySettings(memory_gib=8), r"8.58993e\+09 of 'memory', and the cluster has 4.29497e\+09"),
        (RaySettings(resources={"docker": 1}), "1 of 'docker', and the cluster has 0"),
    ):
        with pytest.raises(InputDatasetError, match=told):
            check_resources(settings, cluster)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"executor": "dask"}, "unknown executor 'dask' in the catalog, expected one of: ray, threads"),
        ({"ray": {"num_cpus": 2}}, "'ray' in the catalog is for 'executor: ray'"),
        ({"executor": "ray", "ray": {"cpus": 2}}, "ray in the catalog: 'cpus': .*found 2"),
        ({"executor": "ray", "adaptive": {}}, "'adaptive' in the catalog measures this machine"),
    ],
)
def test_what_does_not_go_together_is_named(entry: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(InputDatasetError, match=told):
        ResumablePartitionedDataset(path=str(tmp_path), **entry)

"""The control groups of sandboxes: where they are found, what they bound, and that none stays."""

import fnmatch
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from repodojo.environments.inside.control_groups import Hierarchy, find_hierarchies, locate_groups, most
from repodojo.environments.inside.mechanisms import name_mechanisms
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Limits, SandboxSpec

WAIT_S = 120
LIMITS = Limits(memory_bytes=128 << 20, disk_bytes=16 << 20, processes=40)
OWNER = """
import time
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
backend = NamespaceSandboxes()
with backend.start(SandboxSpec(layers=())) as sandbox:
    sandbox.execute("sleep 100 & true", 10)
    print(backend.helper_pids()[0], flush=True)
    time.sleep(100)
"""


@pytest.fixture(scope="module")
def grouped(start_backend):
    yield from start_backend("groups")


def own_groups(pid="*"):
    """Return the folders of the groups that a helper process made."""
    tops = {hierarchy.top for hierarchy in find_hierarchies().values()}
    name = f"repodojo.*.{pid}.*.*"
    # A folder may vanish while the tree is walked: os.walk goes on.
    return [
        Path(folder, group)
        for top in tops
        for folder, groups, _ in os.walk(top)
        for group in fnmatch.filter(groups, name)
    ]


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_a_group_bounds_what_it_says_and_goes_with_its_sandbox(grouped):
    assert wait_until(lambda: own_groups(grouped.helper_pids()[0]) == [])
    with grouped.start(SandboxSpec(layers=(), limits=LIMITS)) as sandbox:
        mechanisms = sandbox.mechanisms()
        found = own_groups(grouped.helper_pids()[0])
        bounds = {
            path.name: int(path.read_text())
            for folder in found
            for path in folder.iterdir()
            if path.name in {"memory.limit_in_bytes", "memory.max", "pids.max"}
            and path.read_text() != "max\n"
        }
        version = mechanisms["memory"].partition(",")[0]
        assert version in {"cgroup v1", "cgroup v2"}
        wanted = most(vars(LIMITS))
        memory = bounds["memory.max" if version == "cgroup v2" else "memory.limit_in_bytes"]
        assert (memory // 4096, bounds["pids.max"]) == (wanted["memory"] // 4096, wanted["pids"])
        inside = sandbox.run("cat /proc/self/cgroup; cat /proc/mounts", WAIT_S).text
        assert "repodojo." not in inside
        assert sandbox.run("ls /sys/fs/cgroup", WAIT_S).exit_code != 0
    assert wait_until(lambda: own_groups(grouped.helper_pids()[0]) == [])


def test_without_groups_none_is_made_and_the_record_says_so(start_backend):
    (backend,) = start_backend("rlimits")
    with backend.start(SandboxSpec(layers=())) as sandbox:
        assert own_groups(backend.helper_pids()[0]) == []
        assert sandbox.mechanisms()["memory"] == "rlimit, watchdog"
        # No rlimit bounds the number of root's processes.
        assert ("rlimit" in sandbox.mechanisms()["processes"]) == (os.geteuid() != 0)
    backend.close()


def test_memory_that_no_process_shows_is_bounded_and_the_kill_is_told(grouped):
    program = (
        "import os, socket\nsockets = []\n"
        "for _ in range(8):\n    if os.fork() == 0: break\n"
        "while True:\n"
        "    pair = socket.socketpair()\n    sockets.append(pair)\n    pair[0].setblocking(False)\n"
        "    try:\n        while True: pair[0].send(bytes(1 << 16))\n    except BlockingIOError: pass\n"
    )
    with grouped.start(SandboxSpec(layers=(), limits=LIMITS)) as sandbox:
        sandbox.write("/tmp/bomb.py", program.encode())
        result = sandbox.run("python /tmp/bomb.py; echo over", WAIT_S)
        assert b"MiB of memory" in result.output
        assert sandbox.execute("echo works", WAIT_S).output == b"works\n"


@pytest.mark.parametrize("victims", ["owner", "helper", "both"])
def test_killing_owner_or_helper_leaves_no_group_after_the_next_start(grouped, victims):
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    helper = int(owner.stdout.readline())
    assert own_groups(helper)
    for pid in {"owner": [owner.pid], "helper": [helper], "both": [helper, owner.pid]}[victims]:
        os.kill(pid, signal.SIGKILL)
    owner.kill()
    owner.wait()
    if victims != "owner":
        time.sleep(0.3)
        NamespaceSandboxes().check_support()
    assert wait_until(lambda: own_groups(helper) == [])


@pytest.mark.parametrize(
    ("groups", "mounts", "found"),
    [
        (
            ["0::/user.slice/session-1.scope"],
            ["30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate"],
            {("memory", 2): "/sys/fs/cgroup/user.slice/session-1.scope"},
        ),
        (
            ["4:memory:/docker/abc", "8:pids:/docker/abc", "0::/"],
            [
                "31 23 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory",
                "32 23 0:28 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids",
                "33 23 0:29 / / rw - ext4 /dev/sda1 rw",
            ],
            {("memory", 1): "/sys/fs/cgroup/memory", ("pids", 1): "/sys/fs/cgroup/pids"},
        ),
        (
            ["3:cpu,cpuacct:/a", "2:memory,pids:/b/c", "0::/d"],
            [
                "31 23 0:27 / /sys/fs/cgroup/mem\\040ory rw - cgroup none rw,memory,pids",
                "32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 none rw",
            ],
            {("pids", 1): "/sys/fs/cgroup/mem\\040ory/b/c", ("pids", 2): "/sys/fs/cgroup/unified/d"},
        ),
        (["2:memory:/other"], ["31 23 0:27 /docker/abc /sys/fs/cgroup rw - cgroup none rw,memory"], {}),
        ([], [], {}),
    ],
)
def test_a_process_finds_its_own_groups(groups, mounts, found):
    located = locate_groups(groups, mounts)
    assert {key: located[key].own for key in found} == found
    assert bool(located) == bool(found)
    assert all(isinstance(place, Hierarchy) and place.version == key[1] for key, place in located.items())


def test_mechanisms_are_named_as_the_kernel_tells_them():
    best = name_mechanisms({"memory": "cgroup v2", "pids": "cgroup v2"}, "overlay", counts_processes=True)
    assert (best["memory"], best["processes"]) == (
        "cgroup v2, rlimit, watchdog",
        "cgroup v2, rlimit, watchdog",
    )
    least = name_mechanisms({}, "copy", counts_processes=False)
    assert (least["processes"], least["layers"], least["disk"]) == ("watchdog", "copy", "tmpfs")

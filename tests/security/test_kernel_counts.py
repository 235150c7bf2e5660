"""Attacks on what the kernel counts by user, or for nobody, and on those whose limits it lets others set."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from repodojo.environments.sandbox import Limits, SandboxSpec

WAIT_S = 120
LIMITS = Limits(memory_bytes=64 << 20, processes=60, disk_bytes=16 << 20)


def python(sandbox, program):
    sandbox.write("/tmp/attack.py", program.encode())
    result = sandbox.run("python /tmp/attack.py", WAIT_S)
    assert not result.timed_out
    return result.text


PROCESS_1 = """
import ctypes, os, resource, struct
libc = ctypes.CDLL(None, use_errno=True)
for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
    try:
        resource.prlimit(1, kind, (0, 0))
        print("limited", kind)
    except PermissionError:
        print("refused")
for attempt in (
    lambda: os.sched_setaffinity(1, {0}),
    lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
    lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    lambda: os.setpriority(os.PRIO_PGRP, 1, 19),
    lambda: os.setpriority(os.PRIO_USER, 0, 19),
):
    try:
        attempt()
        print("set")
    except PermissionError:
        print("refused")
"""


def test_limits_and_priorities_of_process_1(sandbox):
    """Commands are of its user: one that took its descriptors away ended the sandbox."""
    assert python(sandbox, PROCESS_1) == "refused\n" * 9
    own = (
        "import os, resource as r\nr.setrlimit(r.RLIMIT_NOFILE, (50, 50))\nos.nice(0)\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nprint(r.getrlimit(r.RLIMIT_NOFILE))"
    )
    assert python(sandbox, own) == "(50, 50)\n"
    assert sandbox.execute("echo works", WAIT_S).output == b"works\n"


def test_sockets_that_no_network_namespace_bounds(sandbox):
    """A virtual machine's host, and every listener of AF_VSOCK on the machine, was a connection away."""
    program = """
import errno, socket
for family in range(1, 46):
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
        print(family)
    except OSError as error:
        assert error.errno == errno.EAFNOSUPPORT, (family, error)
"""
    made = {int(family) for family in python(sandbox, program).split()}
    assert {socket.AF_UNIX, socket.AF_INET} <= made <= {1, socket.AF_INET, socket.AF_INET6, 16}


def test_messages_of_the_kernel_about_devices_of_the_host(sandbox):
    """In a container they were there for the asking."""
    program = """
import socket
for protocol in range(1, 32):
    try:
        socket.socket(16, socket.SOCK_DGRAM, protocol).close()
        print(protocol)
    except OSError:
        continue
print([name for _, name in socket.if_nameindex()])
"""
    assert python(sandbox, program) == "['lo']\n"


def test_a_crash_starts_no_handler_of_the_host(sandbox):
    """A program that the kernel pipes core files to is the host's; a limit of 0 bytes does not stop it."""
    answer = python(
        sandbox,
        "import os, resource as r\nprint(r.getrlimit(r.RLIMIT_CORE))\n"
        "r.setrlimit(r.RLIMIT_CORE, (0, 0))\nr.prlimit(os.getpid(), r.RLIMIT_CORE, (0, 0))\n"
        "print(r.getrlimit(r.RLIMIT_CORE))",
    )
    assert answer == "(1, 1)\n(1, 1)\n"
    assert sandbox.run("ulimit -c 0; sh -c 'kill -SEGV $$'; ls", WAIT_S).output.count(b"core") == 0


def test_pages_devices_and_disks_of_the_host(sandbox):
    """To a sandbox that root starts, what only root may read was open; folders there named disks."""
    shown = "cd /proc; cat kpage* slabinfo vmallocinfo pagetypeinfo swaps mdstat 2>/dev/null | head -c 100"
    assert sandbox.run(shown, WAIT_S).output == b""
    assert sandbox.run("find /proc/{acpi,asound,bus,driver,fs,scsi}/* 2>/dev/null", WAIT_S).output == b""


def test_semaphores_that_no_process_shows(sandbox):
    program = """
import ctypes
libc = ctypes.CDLL(None)
print(libc.semget(0, 32000, 0o600), libc.semget(0, 20, 0o600) >= 0)
made = 0
while libc.semget(0, 250, 0o600) >= 0:
    made += 1
print(made <= 128)
"""
    assert python(sandbox, program) == "-1 True\nTrue\n"


TABLES = """
import ctypes, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
number, address = ctypes.c_int, ctypes.c_void_p
libc.mmap.argtypes = [address, ctypes.c_size_t, number, number, number, ctypes.c_long]
libc.madvise.argtypes = [address, ctypes.c_size_t, number]
size, step = 100 << 30, 2 << 20
start = libc.mmap(None, size, 1, 0x4022, -1, 0)
libc.madvise(start, size, 15)
for place in range(start, start + size, step):
    ctypes.c_char.from_address(place).value
time.sleep(9)
print("got it")
"""


@pytest.mark.parametrize("backend", ["groups", "rlimits", pytest.param("docker", marks=pytest.mark.docker)])
def test_page_tables_count_as_memory(start_backend, backend):
    """A process that read one byte of each page table held 800 MiB of them, and no limit saw it."""
    for sandboxes in start_backend(backend):
        with sandboxes.start(SandboxSpec(layers=(), limits=LIMITS)) as sandbox:
            result = python(sandbox, TABLES)
            assert "got it" not in result
            assert "MiB of memory" in result
            assert sandbox.execute("echo works", WAIT_S).output == b"works\n"


IN_FLIGHT = """
import array, socket, time
with open("/dev/null") as null:
    descriptors = array.array("i", [null.fileno()] * 250)
    pairs = []
    try:
        for _ in range(400):
            pairs.append(socket.socketpair())
            pairs[-1][0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
    except OSError as error:
        print(error.errno, flush=True)
time.sleep(99)
"""
OWNER = """
import resource
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
backend = NamespaceSandboxes()
with backend.start(SandboxSpec(layers=())) as first:
    first.write("/tmp/attack.py", PROGRAM)
    told = "until [ -s /tmp/told ]; do sleep 0.1; done; cat /tmp/told"
    print(first.execute(f"python /tmp/attack.py > /tmp/told & {told}", 60).text.strip())
    with backend.start(SandboxSpec(layers=())) as second:
        for sandbox in (first, second):
            print(sandbox.run("echo works", 60).text.strip())
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_descriptors_in_flight_of_the_hosts_user(start_backend):
    """The owner could pass none on, took its helper for dead, and ended all of its sandboxes."""
    assert list(start_backend("overlay"))
    command = [sys.executable, "-c", OWNER.replace("PROGRAM", repr(IN_FLIGHT.encode()))]
    if os.geteuid() == 0:
        # Who may ignore the bound ignores it.
        bounded = "--bounding-set=-sys_admin,-sys_resource"
        command = ["setpriv", bounded, "--inh-caps=-sys_admin,-sys_resource", *command]
    environment = {**os.environ, "PYTHONPATH": str(Path("src").resolve())}
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert told.stdout.split() == [str(errno.ETOOMANYREFS), "works", "works", "1024"]

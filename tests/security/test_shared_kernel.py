"""Attacks on what all processes of a user, or of a machine, share in the kernel, and on what that tells."""

import ctypes
import os
import re
import subprocess
from pathlib import Path

import pytest

from repodojo.environments.sandbox import Limits, SandboxSpec

WAIT_S = 120


def python(sandbox, program):
    sandbox.write("/tmp/attack.py", program.encode())
    result = sandbox.run("python /tmp/attack.py", WAIT_S)
    assert not result.timed_out
    return result.text


def test_lists_of_mounts_name_neither_the_instance_nor_its_places_on_the_host(sandboxes, project):
    """The name of an instance, and with it the number of its pull request, stood in /proc/self/mountinfo."""
    with sandboxes.start(project.spec) as sandbox:
        shown = sandbox.run("cat /proc/self/mountinfo /proc/self/mounts /proc/self/mountstats", WAIT_S).text
        assert "/testbed" in shown
        assert project.instance.instance_id not in shown
        assert str(project.environments.parent) not in shown
        held = sandbox.run("ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root", WAIT_S).text
        assert project.instance.instance_id not in held


def test_the_boot_line_modules_and_disks_of_the_host(sandbox):
    assert (
        sandbox.run(
            "cat /proc/cmdline /proc/modules /proc/partitions /proc/diskstats 2>/dev/null", WAIT_S
        ).text
        == ""
    )


def test_inotify_instances_of_the_hosts_user(sandboxes, request):
    """A user has 128, and one sandbox could take them all."""
    program = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
made = 0
while made < 1000 and libc.inotify_init() >= 0:
    made += 1
print(made)
"""
    if sandboxes.name == "docker":
        pytest.skip("containers' commands are one user, who shares them: said in the backend's docstring")
    with sandboxes.start(SandboxSpec(layers=())) as sandbox:
        assert 4 <= int(python(sandbox, program)) <= 32


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_asynchronous_requests_of_the_whole_machine(sandbox):
    program = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
context = ctypes.c_ulong(0)
print(libc.syscall(206, 60000, ctypes.byref(context)), ctypes.get_errno())
"""
    before = Path("/proc/sys/fs/aio-nr").read_text()
    assert python(sandbox, program) == "-1 1\n"
    assert Path("/proc/sys/fs/aio-nr").read_text() == before


def test_leases_that_make_writers_of_the_host_wait(sandboxes, tmp_path):
    """Who opened such a file for writing waited 45 seconds."""
    (tmp_path / "file").write_text("x")
    program = """
import fcntl
for path in ("/usr/bin/env", "/opt/shown", "/testbed/file", "/etc/passwd"):
    with open(path) as file:
        for command, argument in ((1024, fcntl.F_RDLCK), (1024 | 1 << 32, fcntl.F_RDLCK)):
            try:
                fcntl.fcntl(file, command & 0xffffffff, argument)
                print("leased", path)
            except OSError as error:
                print(error.errno)
"""
    from repodojo.environments.sandbox import Mount

    spec = SandboxSpec(layers=(tmp_path,), mounts=(Mount(tmp_path / "file", "/opt/shown"),))
    with sandboxes.start(spec) as sandbox:
        assert python(sandbox, program) == "1\n" * 8


def test_queued_signals_and_timers_of_the_hosts_user(sandbox):
    program = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
made, timer = 0, ctypes.c_void_p()
while made < 20000 and libc.timer_create(1, None, ctypes.byref(timer)) == 0:
    made += 1
print(made)
"""
    assert 100 <= int(python(sandbox, program)) <= 4096


def test_priorities_that_starve_the_host(sandbox):
    program = """
import os, resource
for attempt in (
    lambda: os.nice(-1),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    lambda: resource.setrlimit(resource.RLIMIT_RTPRIO, (9, 9)),
    lambda: resource.setrlimit(resource.RLIMIT_NICE, (40, 40)),
):
    try:
        attempt()
        print("got it")
    except (OSError, ValueError):
        print("refused")
"""
    assert python(sandbox, program) == "refused\n" * 4


def test_messages_of_system_v_and_posix(sandbox):
    program = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
made = 0
while made < 20000 and libc.msgget(0, 0o666) >= 0:
    made += 1
print(made <= 32000, libc.mq_open(b"/queue", 0o102, 0o600, None))
"""
    shown = python(sandbox, program).split()
    assert shown == ["True", "-1"]
    assert (
        "queue"
        not in subprocess.run(["ipcs", "-q"], capture_output=True, text=True, check=True).stdout.split()
    )


SHARED = """
import mmap, os, sys, time
if sys.argv[1:] == ["hidden"]:
    import ctypes
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
maps = []
for _ in range(60):
    held = mmap.mmap(-1, 10 << 20)
    held.write(b"x" * (10 << 20))
    maps.append(held)
    time.sleep(0.02)
time.sleep(1)
print("got it")
"""
LIMITS = Limits(memory_bytes=256 << 20, processes=60, disk_bytes=16 << 20)


@pytest.mark.parametrize("kind", ["", "hidden"])
@pytest.mark.parametrize("backend", ["groups", "rlimits", pytest.param("docker", marks=pytest.mark.docker)])
def test_shared_memory_without_a_name(start_backend, backend, kind):
    """No limit but a control group's counted it."""
    for sandboxes in start_backend(backend):
        with sandboxes.start(SandboxSpec(layers=(), limits=LIMITS)) as sandbox:
            sandbox.write("/tmp/shared.py", SHARED.encode())
            result = sandbox.run(f"python /tmp/shared.py {kind}", WAIT_S)
            assert b"got it" not in result.output
            assert b"MiB of memory" in result.output
            assert sandbox.execute("echo works", WAIT_S).output == b"works\n"


def test_memory_that_several_processes_share_counts_once(start_backend):
    program = """
import mmap, os, time
held = mmap.mmap(-1, 120 << 20)
held.write(b"x" * (120 << 20))
for _ in range(4):
    if os.fork() == 0:
        sum(held[::4096]); time.sleep(1); os._exit(0)
for _ in range(4):
    os.wait()
print("got it")
"""
    for sandboxes in start_backend("rlimits"):
        with sandboxes.start(SandboxSpec(layers=(), limits=LIMITS)) as sandbox:
            assert python(sandbox, program) == "got it\n"


def test_locks_on_files_that_sandboxes_share_reach_no_other_sandbox(sandboxes, project):
    lock = "import fcntl, time\nfile = open('{}')\nfcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n{}"
    places = ("/opt/packages/pytest/__init__.py", "/testbed/README", "/run/base/.git/HEAD")
    with sandboxes.start(project.spec) as one, sandboxes.start(project.spec) as two:
        for number, place in enumerate(places):
            one.write(f"/tmp/{number}.py", lock.format(place, "time.sleep(99)").encode())
            one.execute(f"python /tmp/{number}.py & sleep 0.5", WAIT_S)
            assert python(two, lock.format(place, "print('free')")) == "free\n"


def test_secrets_in_numbers_of_the_kernel(sandbox):
    shown = sandbox.run(
        "cat /proc/kallsyms 2>/dev/null | head -n 20; cat /proc/iomem 2>/dev/null | head -n 20", WAIT_S
    )
    addresses = re.findall(r"^ *([0-9a-f]{8,16})", shown.text, re.MULTILINE)
    assert all(int(address, 16) == 0 for address in addresses)
    assert ctypes.sizeof(ctypes.c_void_p) == 8

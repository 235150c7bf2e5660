"""Attempts to use up the host; each is stopped, and the sandbox works on."""

import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest

from repodojo.environments.sandbox import Limits, SandboxSpec

WAIT_S = 120
KEPT = 1 << 16
LIMITS = Limits(
    memory_bytes=256 << 20, processes=60, disk_bytes=16 << 20, open_files=256, cpu_s=120, output_bytes=KEPT
)


@pytest.fixture(
    scope="session", params=["groups", "rlimits", pytest.param("docker", marks=pytest.mark.docker)]
)
def sandboxes(request):
    """Each mechanism that may have to hold the limits alone."""
    yield from request.getfixturevalue("start_backend")(request.param)


@pytest.fixture
def small(sandboxes, tmp_path):
    (tmp_path / "layer").mkdir()
    with sandboxes.start(SandboxSpec(layers=(tmp_path / "layer",), limits=LIMITS)) as started:
        yield started
        gone = "until (( $(ls -d /proc/[0-9]* | wc -l) < 10 )); do sleep 1; done"
        # What is left of a swarm takes the first of these with it.
        assert any(started.run(gone, 20).exit_code == 0 for _ in range(5))
        assert started.execute("echo works", WAIT_S).output == b"works\n"


def python(sandbox, program, timeout_s=WAIT_S):
    sandbox.write("/tmp/attack.py", program.encode())
    return sandbox.run("python /tmp/attack.py", timeout_s)


@pytest.mark.parametrize("method", ["execute", "run"])
@pytest.mark.parametrize("bomb", [":(){ :|:& };:", "while :; do sleep 50 & done", "f() { f & f & }; f; wait"])
def test_fork_bomb(small, bomb, method):
    start = time.monotonic()
    result = getattr(small, method)(bomb + "; sleep 5", 10)
    assert time.monotonic() - start < WAIT_S
    assert result.timed_out or result.exit_code is not None


def test_a_fork_bomb_leaves_the_hosts_process_ids_as_they_are(sandboxes, small):
    """Where sandboxes have a bound of their own on process ids, it is not the host's."""
    before = Path("/proc/sys/kernel/pid_max").read_text()
    with sandboxes.start(SandboxSpec(layers=(), limits=LIMITS)) as sandbox:
        sandbox.execute(":(){ :|:& };:", 10)
        assert Path("/proc/sys/kernel/pid_max").read_text() == before


def test_a_fork_bomb_left_behind(small):
    small.execute("(sleep 0.3; :(){ :|:& };:) & true", WAIT_S)
    ended_s = time.monotonic() + WAIT_S
    while small.execute("sleep 1; echo works", WAIT_S).output != b"works\n":
        assert time.monotonic() < ended_s  # what it does is told in the output of commands beside it


def test_thread_bomb(small):
    program = (
        "import threading, time\nthreading.stack_size(65536)\n"
        "for _ in range(5000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    )
    assert python(small, program).exit_code != 0


def test_memory_bomb_of_one_process(small):
    result = python(small, "data = bytearray(1 << 30)\nprint('got it')")
    assert b"MemoryError" in result.output


def test_memory_bomb_of_many_processes(small):
    program = (
        "import os, time\nparent = os.getpid()\n"
        "pids = [os.fork() for _ in range(8) if os.getpid() == parent]\n"
        "if 0 in pids:\n    data = bytearray(b'x' * (100 << 20)); time.sleep(100)\n"
        "print([os.wait()[1] for _ in range(5)] == [9] * 5)\n"
        "for pid in pids: os.kill(pid, 9)"
    )
    result = python(small, program)
    assert b"True" in result.output or result.exit_code == 137
    assert b"MiB of memory" in result.output


@pytest.mark.parametrize("place", ["/dev/shm", "/tmp", "/testbed", "/var/tmp", "~"])
def test_disk_fill(small, place):
    result = small.run(f"cd {place}; head -c 100M /dev/zero > fill; ls -s fill", WAIT_S)
    assert b"No space left" in result.output or b"File size limit" in result.output
    assert small.run(f"cd {place}; stat -c %s fill; rm -f fill", WAIT_S).exit_code == 0


def test_inode_fill(small):
    program = "for n in range(200_000): open(f'/tmp/f{n}', 'x').close()"
    result = python(small, program)
    assert b"No space left" in result.output
    small.run("rm -rf /tmp/f*; find /tmp -name 'f*' -delete", WAIT_S)


def test_descriptor_exhaustion(small):
    result = python(small, "files = [open('/dev/null') for _ in range(100_000)]")
    assert b"Too many open files" in result.output
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 256


def test_unlinked_memory_is_refused_or_counted(small):
    program = "import os\nfd = os.memfd_create('x')\nfor _ in range(1000): os.write(fd, bytes(1 << 20))"
    assert python(small, program).exit_code != 0


def test_processor_time_of_a_process(sandboxes):
    with sandboxes.start(SandboxSpec(layers=(), limits=replace(LIMITS, cpu_s=1))) as sandbox:
        for use in (sandbox.run, sandbox.execute):
            assert use("(while :; do :; done); echo $?", WAIT_S).output.endswith(b"137\n")


@pytest.mark.parametrize("method", ["execute", "run"])
def test_endless_output(small, method):
    result = getattr(small, method)("yes 0123456789", 1)
    assert (result.timed_out, result.truncated) == (True, True)
    assert len(result.output) < KEPT + 100


def test_endless_output_in_the_background(small):
    small.execute("yes & sleep 0.2", WAIT_S)
    assert small.execute("echo works", WAIT_S).output == b"works\n"
    small.execute("kill %1 || kill -9 $!", WAIT_S)


def test_deep_folders_and_long_names(small):
    small.run("x=$(printf 'x%.0s' {1..200}); for n in {1..300}; do mkdir $x && cd $x; done", WAIT_S)
    assert small.execute("rm -rf /testbed/x*; ls -A /testbed", WAIT_S).output == b""


def test_zombies(small):
    program = "import os, time\nfor _ in range(500):\n    if os.fork() == 0: os._exit(0)\ntime.sleep(3)"
    assert python(small, program).exit_code != 0

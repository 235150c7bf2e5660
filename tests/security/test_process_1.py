"""Attacks on what serves the sandbox from inside: it must go on, whatever commands leave it with.

An agent that can end it makes its rollout an infrastructure failure, which is tried again and not measured.
"""

import time

import pytest

from repodojo.environments.sandbox import Limits, SandboxSpec
from repodojo.errors import SandboxError

WAIT_S = 120


@pytest.fixture(
    scope="session", params=["groups", "rlimits", pytest.param("docker", marks=pytest.mark.docker)]
)
def sandboxes(request):
    """Each mechanism that may have to hold the limits alone."""
    yield from request.getfixturevalue("start_backend")(request.param)


def works(sandbox):
    return (
        sandbox.execute("echo works", WAIT_S).output == sandbox.run("echo works", WAIT_S).output == b"works\n"
    )


def test_links_to_its_own_descriptors_are_refused(sandbox):
    """What was written through them could stand where a pipe was to be made, which ended the sandbox."""
    sandbox.execute("ln -s /proc/self/fd fds; ln -s /proc/self here; ln -s /proc/1/root up", WAIT_S)
    for number in range(3, 40):
        for path in (f"/proc/self/fd/{number}/o{number:06}", f"fds/{number}/o{number:06}"):
            with pytest.raises(SandboxError):
                sandbox.write(path, b"x")
            with pytest.raises(SandboxError):
                sandbox.write(f"{path}/deeper", b"x")
    for path in ("here/cwd/etc/passwd", "here/root/etc/passwd", "up/etc/passwd", "/dev/fd/3/etc/passwd"):
        with pytest.raises(SandboxError):
            sandbox.read(path)
    for _ in range(40):
        sandbox.execute("sleep 99 & true", WAIT_S)
    assert works(sandbox)


def test_a_file_that_it_cannot_hold(sandboxes):
    """It ended for want of memory."""
    limits = Limits(memory_bytes=96 << 20, disk_bytes=256 << 20)
    with sandboxes.start(SandboxSpec(layers=(), limits=limits)) as sandbox:
        sandbox.execute("truncate -s 200M large", WAIT_S)
        with pytest.raises(SandboxError):
            sandbox.read("large")
        assert works(sandbox)


@pytest.mark.parametrize("end", ["exit 3", "kill -9 $$", "true"])
def test_no_room_for_another_process(sandboxes, end):
    """It could not start the next shell, and ended."""
    limits = Limits(memory_bytes=256 << 20, disk_bytes=16 << 20, processes=30)
    spawn = "import os, time\nwhile True:\n    try: os.fork() or time.sleep(99)\n    except OSError: pass"
    with sandboxes.start(SandboxSpec(layers=(), limits=limits)) as sandbox:
        sandbox.write("/tmp/bomb.py", spawn.encode())
        for _ in range(3):
            sandbox.execute(f"python /tmp/bomb.py >/dev/null 2>&1 & sleep 0.05; {end}", WAIT_S)
            assert sandbox.run("echo works", WAIT_S).exit_code is not None
        # What is left of the swarm is ended when the watchdog looks next; a slow machine looks late.
        assert any(works(sandbox) or time.sleep(0.5) for _ in range(20))


def test_many_pipes_that_nobody_closes(sandboxes):
    """Each job that was left cost it a descriptor, until it had none."""
    with sandboxes.start(SandboxSpec(layers=(), limits=Limits(open_files=120, processes=300))) as sandbox:
        for _ in range(130):
            sandbox.execute("sleep 999 & true", WAIT_S)
        assert works(sandbox)


def test_folders_too_deep_to_keep(sandbox):
    """Packing them for a snapshot ended it."""
    program = "import os\nfor _ in range(1900):\n    os.mkdir('d')\n    os.chdir('d')\n"
    sandbox.write("/tmp/deep.py", program.encode())
    sandbox.execute("touch $'\\xff\\n'; (python /tmp/deep.py)", WAIT_S)
    with pytest.raises(SandboxError):
        sandbox.snapshot()
    assert works(sandbox)
    assert sandbox.execute("rm -rf d; ls", WAIT_S).output == b"\xff\n\n"
    sandbox.restore(sandbox.snapshot())
    assert sandbox.execute("ls", WAIT_S).output == b"\xff\n\n"


def test_a_path_of_any_kind(sandbox):
    for path in (
        "",
        "\0",
        "x" * 5000,
        "/".join(["d"] * 3000),
        "a/../../../../..",
        "/proc/self/exe",
        "//",
        "a\nb",
    ):
        for use in (sandbox.read, lambda each: sandbox.write(each, b"x")):
            try:
                use(path)
            except SandboxError:
                continue
    assert works(sandbox)


def test_thousands_of_children_that_end_at_once(sandbox):
    program = "import os\nfor _ in range(1000):\n    os.fork() or os._exit(0)\n    os.wait()"
    sandbox.write("/tmp/many.py", program.encode())
    assert sandbox.run("python /tmp/many.py; echo over", WAIT_S).output == b"over\n"
    assert works(sandbox)


def test_a_flood_of_signals_to_it(sandbox):
    program = (
        "import os, signal\nfor number in range(1, 65):\n    try:\n"
        "        for _ in range(200): os.kill(1, number)\n    except OSError: pass\nprint('over')"
    )
    sandbox.write("/tmp/signals.py", program.encode())
    assert sandbox.run("python /tmp/signals.py", WAIT_S).output == b"over\n"
    assert works(sandbox)


def test_a_swapped_shell_and_python(sandbox):
    sandbox.execute(
        "mkdir -p ~/bin; printf '#!/bin/sh\\necho evil\\n' > ~/bin/git; chmod +x ~/bin/git", WAIT_S
    )
    sandbox.execute(
        "printf 'echo evil\\n' | tee ~/.bashrc ~/.bash_profile ~/.profile > ~/.bash_login", WAIT_S
    )
    sandbox.execute("export BASH_ENV=~/.bashrc ENV=~/.bashrc PATH=~/bin:$PATH; exit", WAIT_S)
    assert works(sandbox)
    assert b"evil" not in sandbox.run("git --version", WAIT_S).output

"""How sandboxes begin and end, and that nothing stays behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repodojo.environments.kernel_support import explain
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Limits, SandboxSpec
from repodojo.errors import SandboxError

WAIT_S = 30
OWNER = """
import sys, threading, time
from pathlib import Path
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Limits, SandboxSpec
backend = NamespaceSandboxes()
with backend.start(SandboxSpec(layers=())) as sandbox:
    sandbox.execute("(setsid nohup sleep MARK &); sleep MARK & true", 10)
    threading.Thread(target=lambda: sandbox.execute("sleep MARK", 100), daemon=True).start()
    time.sleep(0.2)
    print("ready", backend.helper_pids()[0], flush=True)
    time.sleep(100)
"""


def count_processes(mark):
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += mark.encode() in path.read_bytes()
        except OSError:
            continue
    return found


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def host_state():
    mounts = len(Path("/proc/self/mountinfo").read_text().splitlines())
    temporary = sorted(path.name for path in Path("/tmp").iterdir() if "pytest" not in path.name)
    return mounts, [name for name in temporary if "repodojo" in name]


def test_closing_ends_every_process_and_leaves_nothing(sandboxes, layer):
    before = host_state()
    mark = f"97531.{os.getpid()}"
    with sandboxes.start(SandboxSpec(layers=(layer,))) as sandbox:
        sandbox.execute(f"(setsid nohup sleep {mark} &); sleep {mark} & trap '' TERM", WAIT_S)
        sandbox.execute("echo x > file; mkdir folder", WAIT_S)
        assert wait_until(lambda: count_processes(mark) == 2)
    assert wait_until(lambda: count_processes(mark) == 0)
    assert host_state() == before
    assert sorted(path.name for path in layer.iterdir()) == ["a.txt", "package"]


def test_closing_while_a_command_runs(sandboxes):
    mark = f"97532.{os.getpid()}"
    errors = []

    def run(sandbox):
        try:
            sandbox.execute(f"sleep {mark}", WAIT_S)
        except SandboxError as error:
            errors.append(error)

    with sandboxes.start(SandboxSpec(layers=())) as sandbox:
        thread = threading.Thread(target=run, args=(sandbox,))
        thread.start()
        assert wait_until(lambda: count_processes(mark) >= 1)
        sandbox.close()
        thread.join(10)
    assert len(errors) == 1
    assert wait_until(lambda: count_processes(mark) == 0)


@pytest.mark.parametrize("victim", ["owner", "spawner"])
def test_killing_the_owner_or_its_helper_leaves_no_process(victim):
    mark = f"97533{victim[0] == 'o':d}.{os.getpid()}"
    program = OWNER.replace("MARK", mark)
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        word, spawner = owner.stdout.readline().split()
        assert (word, count_processes(mark) >= 3) == ("ready", True)
        os.kill(owner.pid if victim == "owner" else int(spawner), signal.SIGKILL)
        # The owner's own command line holds the mark too.
        left = 0 if victim == "owner" else 1
        assert wait_until(lambda: owner.poll() is None or count_processes(mark) == 0)
        assert wait_until(lambda: count_processes(mark) <= left)
        assert wait_until(lambda: not Path(f"/proc/{spawner}").exists() or zombie(int(spawner)))
    finally:
        owner.kill()
        owner.wait()


def zombie(pid):
    try:
        return "(zombie)" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_the_backend_recovers_from_the_death_of_its_helper(layer, overlay_sandboxes):
    backend = NamespaceSandboxes()
    with backend.start(SandboxSpec(layers=(layer,))) as first:
        helper = backend.helper_pids()[0]
        os.kill(helper, signal.SIGKILL)
        assert wait_until(lambda: zombie(helper))
        with pytest.raises(SandboxError):
            first.execute("true", WAIT_S)
    with backend.start(SandboxSpec(layers=(layer,))) as second:
        assert second.execute("cat a.txt", WAIT_S).output == b"one\ntwo\n"
    backend.close()
    backend.close()


def test_a_closed_sandbox_says_so(sandboxes):
    with sandboxes.start(SandboxSpec(layers=())) as sandbox:
        pass
    for use in (
        lambda: sandbox.execute("true", 1),
        lambda: sandbox.run("true", 1),
        lambda: sandbox.read("x"),
    ):
        with pytest.raises(SandboxError):
            use()


def test_many_sandboxes_at_once_from_many_threads(sandboxes, layer):
    def work(number):
        with sandboxes.start(SandboxSpec(layers=(layer,))) as sandbox:
            sandbox.execute(f"echo {number} > mine; cd package; X={number}", WAIT_S)
            parts = [sandbox.execute("echo $X; cat ../mine", WAIT_S).output for _ in range(5)]
            sandbox.write("/tmp/n", str(number).encode())
            return {*parts, sandbox.run("cat mine; cat /tmp/n; echo", WAIT_S).output}

    with ThreadPoolExecutor(12) as pool:
        for number, found in enumerate(pool.map(work, range(36))):
            assert found == {b"%d\n%d\n" % (number, number)}


def test_one_sandbox_used_from_many_threads_answers_each_its_own(sandbox):
    with ThreadPoolExecutor(8) as pool:
        outputs = pool.map(lambda n: sandbox.execute(f"echo {n}", WAIT_S).output, range(64))
        assert list(outputs) == [b"%d\n" % n for n in range(64)]


def test_a_thread_that_started_a_sandbox_may_end(sandboxes):
    started = []
    context = sandboxes.start(SandboxSpec(layers=()))
    thread = threading.Thread(target=lambda: started.append(context.__enter__()))
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert started[0].execute("echo alive", WAIT_S).output == b"alive\n"
    context.__exit__(None, None, None)


def test_a_signal_from_the_terminal_does_not_reach_sandboxes(overlay_sandboxes):
    with overlay_sandboxes.start(SandboxSpec(layers=())) as sandbox:
        assert os.getsid(overlay_sandboxes.helper_pids()[0]) != os.getsid(0)
        os.kill(overlay_sandboxes.helper_pids()[0], signal.SIGINT)
        assert sandbox.execute("echo alive", WAIT_S).output == b"alive\n"


def test_an_ended_context_leaves_no_descriptor(sandboxes):
    def descriptors():
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    for _ in range(5):
        with sandboxes.start(SandboxSpec(layers=())) as sandbox:
            sandbox.execute("true", WAIT_S)
    assert descriptors() <= before


@pytest.mark.parametrize(
    ("code", "text", "part"),
    [
        (1, "clone", "seccomp=unconfined"),
        (19, "mount overlay", "5.12"),
        (38, "open_tree", "5.12"),
        (2, "x", "cannot"),
    ],
)
def test_a_refusal_says_what_to_do(code, text, part):
    message = explain(code, text)
    assert text in message
    assert part in message


def test_process_1_runs_before_its_commands_where_it_may(overlay_sandboxes):
    with overlay_sandboxes.start(SandboxSpec(layers=())) as sandbox:
        command = "cut -d ' ' -f 19 /proc/self/stat; cut -d ' ' -f 19 /proc/1/stat"
        own, first = map(int, sandbox.execute(command, WAIT_S).output.split())
        assert (
            int(sandbox.run(command, WAIT_S).output.split()[0]) == own == os.getpriority(os.PRIO_PROCESS, 0)
        )
        assert (first < own) == (os.geteuid() == 0)


def test_a_process_that_a_command_starts_at_once_has_its_limits(sandboxes):
    """They were set just after a command's start: what it had forked by then had none."""
    program = b"import os, resource\npid = os.fork()\nprint(resource.getrlimit(resource.RLIMIT_CPU)[1])\n"
    program += b"if pid:\n    os.wait()\n"
    with sandboxes.start(SandboxSpec(layers=(), limits=Limits(cpu_s=77))) as sandbox:
        sandbox.write("/tmp/p.py", program)
        for _ in range(20):
            assert sandbox.run("(ulimit -Ht) & ulimit -Ht; wait", WAIT_S).output == b"77\n77\n"
            assert sandbox.run_python("/tmp/p.py", WAIT_S).output == b"77\n77\n"
        assert sandbox.execute("(ulimit -Ht) & ulimit -Ht; wait", WAIT_S).output == b"77\n77\n"

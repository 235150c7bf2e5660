import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.child import Child

ECHO = """
import json, os, sys, time
print(json.dumps({"id": 0, "hello": True}), flush=True)
held = []
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "die":
        sys.stderr.write("no memory left")
        sys.exit(3)
    if asked["do"] == "overflow":
        print(json.dumps({"id": asked["id"], "error": "context_length", "message": "too long"}), flush=True)
        continue
    held.append(asked)
    if asked["do"] != "hold":
        for one in reversed(held):
            print(json.dumps({"id": one["id"], "did": one["do"]}), flush=True)
        held.clear()
"""


@pytest.fixture
def child():
    running = Child("echo", [sys.executable, "-c", ECHO], os.environ)
    yield running
    running.close()


def test_replies_go_to_who_asked_whatever_their_order(child: Child):
    futures = [child.ask({"do": "hold", "n": n}) for n in range(5)] + [child.ask({"do": "last"})]
    assert [future.result(10)["did"] for future in futures] == ["hold"] * 5 + ["last"]
    assert [future.result()["id"] for future in futures] == [1, 2, 3, 4, 5, 6]


def test_many_threads_may_ask_at_once(child: Child):
    with ThreadPoolExecutor(16) as executor:
        replies = executor.map(lambda n: child.ask({"do": f"{n}" * 2_000}).result(10)["did"], range(10, 90))
    assert list(replies) == [f"{n}" * 2_000 for n in range(10, 90)]


def test_an_error_reply_is_an_exception_of_its_kind(child: Child):
    with pytest.raises(ContextLengthError, match="echo: too long"):
        child.ask({"do": "overflow"}).result(10)
    assert child.ask({"do": "still alive"}).result(10)["did"] == "still alive"


def test_death_fails_what_was_asked_and_what_is_asked_later_with_the_log(child: Child):
    waiting = child.ask({"do": "hold"})
    dying = child.ask({"do": "die"})
    for future in (waiting, dying):
        with pytest.raises(PolicyError, match=r"(?s)echo: .*code 3.*no memory left"):
            future.result(10)
    with pytest.raises(PolicyError, match="no memory left"):
        child.ask({"do": "anything"}).result(10)


def test_closing_ends_the_process_and_fails_what_is_open(child: Child):
    waiting = child.ask({"do": "hold"})
    child.close()
    assert not is_alive(child.pid)
    with pytest.raises(PolicyError, match="closed"):
        waiting.result(10)


def test_a_process_that_cannot_start_is_an_error_with_its_log():
    with pytest.raises(PolicyError, match=r"(?s)bad: .*code 1.*ZeroDivisionError"):
        Child("bad", [sys.executable, "-c", "1 / 0"], os.environ)


def test_a_deaf_process_is_killed():
    deaf = "import json, time; print(json.dumps({'id': 0}), flush=True); time.sleep(60)"
    running = Child("deaf", [sys.executable, "-c", deaf], os.environ)
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 20
    assert not is_alive(running.pid)


def test_no_orphan_when_the_parent_is_killed(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys, time\nfrom repodojo.policies.child import Child\n"
        f"print(Child('echo', [sys.executable, '-c', {ECHO!r}], os.environ).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until_gone(pid)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} outlived its parent"
        time.sleep(0.05)

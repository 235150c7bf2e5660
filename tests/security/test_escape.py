"""Attacks on the host from inside a sandbox; each must fail, and leave host and sandbox as they were."""

import os
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import SandboxError, UntakenPatchError

WAIT_S = 120

PTRACE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(16, PID, 0, 0), ctypes.get_errno())
"""


def ask(sandbox, command):
    result = sandbox.run(command, WAIT_S)
    assert not result.timed_out
    return result.text


def python(sandbox, program):
    sandbox.write("/tmp/attack.py", program.encode())
    return ask(sandbox, "python /tmp/attack.py")


@pytest.mark.parametrize(
    "path",
    [
        "/usr/bin/new",
        "/etc/passwd",
        "/etc/new",
        "/new",
        "/opt/python/new",
        "/proc/new",
        "/dev/new",
        "/run/repodojo/new",
    ],
)
def test_writing_outside(sandbox, path):
    answer = ask(sandbox, f"echo x > {path}")
    # Not every image has a folder of that name.
    assert "Read-only" in answer or "No such file" in answer or path.startswith("/proc")
    assert not Path("/new").exists()
    assert "made" not in ask(sandbox, f"mkdir {path}_folder && echo made")


def test_the_interpreter_cannot_be_replaced(sandbox):
    assert "replaced" not in ask(
        sandbox, "p=$(readlink -f $(which python)); cp /bin/true $p && echo replaced"
    )
    assert "replaced" not in ask(sandbox, "p=$(readlink -f $(which python)); rm -f $p && echo replaced")


def test_reading_secrets_of_the_host(sandbox, tmp_path):
    secret = tmp_path / "secret-5417"
    secret.write_text("hunter2")
    secret.chmod(0o644)
    assert ask(sandbox, f"cat {secret} /proc/1/root{secret} /proc/1/cwd{secret}").count("hunter2") == 0
    assert (
        ask(
            sandbox,
            "find / \\( -path /proc -o -path /usr \\) -prune -o -name 'secret-5417' -print 2>/dev/null",
        )
        == ""
    )
    assert ask(
        sandbox, "ls /home /root 2>/dev/null; cat /etc/shadow /root/.ssh/* /root/.bashrc 2>/dev/null"
    ).split() in (["/home:", "dojo"], ["/home:", "dojo", "/root:"])
    assert "hunter2" not in ask(sandbox, "grep -rs hunter2 /tmp /var /run /etc /dev/shm")


def test_reading_the_owners_environment_and_memory(sandbox, monkeypatch):
    os.environ["REPODOJO_TEST_SECRET"] = "hunter2"
    output = ask(sandbox, "cd /proc/1; cat environ; cat cmdline; cat maps; cat ../*/environ; head -c 1 mem")
    del os.environ["REPODOJO_TEST_SECRET"]
    assert "hunter2" not in output
    assert str(Path.cwd()) not in output


def test_seeing_and_signalling_processes_of_the_host(sandbox):
    victim = subprocess.Popen(["sleep", "60"])
    try:
        assert "sleep 60" not in ask(sandbox, "ps ax; cat /proc/*/cmdline | tr '\\0' ' '")
        ask(sandbox, f"kill -9 {victim.pid}; kill -9 -{victim.pid}; kill -9 -1")
        assert victim.poll() is None
        assert int(ask(sandbox, "ls -d /proc/[0-9]* 2>/dev/null | wc -l")) < 10
    finally:
        victim.kill()
        victim.wait()


@pytest.mark.parametrize("signal", ["KILL", "TERM", "INT", "STOP", "SEGV", "HUP", "CHLD", "USR1"])
def test_signalling_the_supervisor(sandbox, signal):
    ask(sandbox, f"kill -{signal} 1")
    assert ask(sandbox, "echo alive") == "alive\n"
    assert sandbox.execute("echo alive", WAIT_S).output == b"alive\n"


def test_tracing_the_supervisor_or_anyone(sandbox):
    assert python(sandbox, PTRACE.replace("PID", "1")) == "-1 1\n"
    sandbox.execute("sleep 999 & echo $! > /tmp/pid", WAIT_S)
    assert python(sandbox, PTRACE.replace("PID", "int(open('/tmp/pid').read())")) == "-1 1\n"


def test_mounting_and_new_namespaces(sandbox):
    for command in (
        "mount -t tmpfs x /tmp",
        "mount -o remount,rw /usr",
        "umount /proc",
        "umount -l /usr",
        "unshare -Ur true",
        "unshare -m true",
        "unshare -n true",
        "nsenter -t 1 -m true",
        "chroot / true",
    ):
        assert "done" not in ask(sandbox, f"{command} && echo done")
    program = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n" + "".join(
        f"print(libc.syscall({number}, 0x10000000 | 17, 0, 0, 0, 0), ctypes.get_errno())\n"
        for number in (56, 272)
    )
    if os.uname().machine == "x86_64":
        assert python(sandbox, program) == "-1 1\n-1 1\n"


def test_device_nodes(sandbox):
    assert "made" not in ask(sandbox, "mknod /tmp/disk b 8 0 && echo made; mknod /tmp/mem c 1 1 && echo made")
    found = set(ask(sandbox, "find /dev -type b -o -type c").split())
    assert found <= {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")}
    assert "No such device" in ask(sandbox, "echo x > /dev/tty")


def test_gaining_privileges(sandbox):
    status = ask(sandbox, "cat /proc/self/status")
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (fields["NoNewPrivs"], fields["Uid"].split()[0]) == ("1", "1000")
    assert ask(
        sandbox, "cp /usr/bin/id /tmp/id; chmod u+s /tmp/id; chown 0 /tmp/id 2>&1; /tmp/id -u"
    ).endswith("1000\n")
    assert "uid=0" not in ask(sandbox, "su -c id </dev/null; sudo -n id; setpriv --reuid 0 id")


@pytest.mark.parametrize(
    "name",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/modprobe",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/user/max_user_namespaces",
        "/proc/sysrq-trigger",
        "/proc/cmdline",
        "/proc/self/oom_score_adj",
        "/proc/self/uid_map",
        "/proc/1/oom_score_adj",
        "/proc/irq/default_smp_affinity",
    ],
)
def test_writing_to_the_kernel(sandbox, name):
    before = Path(name).read_bytes() if name.startswith("/proc/sys/") and Path(name).exists() else None
    ask(sandbox, f"echo 1 > {name}; echo '|/tmp/evil' > {name}")
    assert before is None or Path(name).read_bytes() == before
    assert "written" not in ask(sandbox, f"echo 1 > {name} && echo written")


def test_reading_the_kernel(sandbox):
    assert ask(sandbox, "dmesg 2>/dev/null; cat /proc/kmsg /proc/keys 2>/dev/null | head -c 100") == ""
    assert ask(sandbox, "head -c 10 /proc/kcore 2>/dev/null | wc -c").strip() == "0"
    assert not ask(sandbox, "ls /sys /boot 2>/dev/null")


def test_refused_system_calls(sandbox):
    if os.uname().machine != "x86_64":
        pytest.skip("numbers of x86_64")
    numbers = (250, 321, 323, 298, 425, 428, 319, 310, 304)
    lines = "".join(
        f"print(libc.syscall({number}, 0, 0, 0, 0, 0), ctypes.get_errno())\n" for number in numbers
    )
    answer = python(sandbox, f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n{lines}")
    assert answer == "-1 1\n" * len(numbers)


def test_the_network(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0repodojo-{os.getpid()}")
        abstract.listen()
        program = f"""
import socket
for family, address in ((2, ("127.0.0.1", {server.getsockname()[1]})), (2, ("1.1.1.1", 53)),
                        (1, "\\0repodojo-{os.getpid()}")):
    try:
        with socket.socket(family) as s:
            s.settimeout(3)
            s.connect(address)
            print("connected")
    except OSError as error:
        print("refused")
print([name for _, name in socket.if_nameindex()])
with socket.create_server(("127.0.0.1", 0)) as own:
    socket.create_connection(own.getsockname()).close()
    print("loopback")
"""
        assert python(sandbox, program) == "refused\nrefused\nrefused\n['lo']\nloopback\n"


def test_the_hosts_network_is_there_for_whom_it_is_named_and_no_one_else(sandboxes):
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 9)"
        reached = []
        for network in ("host", "none"):
            with sandboxes.start(SandboxSpec(layers=(), network=network)) as sandbox:
                reached.append(sandbox.run(f'python3 -c "{program}"', WAIT_S).exit_code == 0)
                assert "made" not in ask(sandbox, "ip link add name x type dummy && echo made")
    assert reached == [True, False]


def test_the_clock(sandbox):
    assert "set" not in ask(sandbox, "date -s 2001-01-01 >/dev/null 2>&1 && echo set")


def test_links_that_lead_to_the_host(sandbox, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    sandbox.execute(
        f"ln -s {victim} link; mkdir folder; ln -s {tmp_path} folder/away; ln -s /proc/1/environ env", WAIT_S
    )
    for path in ("link", "folder/away/victim", str(victim), "env", "../../../../.." + str(victim)):
        with pytest.raises(SandboxError):
            sandbox.read(path)
    sandbox.execute(f"mkdir -p /tmp/x; ln -s {victim} /tmp/x/y", WAIT_S)
    for path in ("link", "/tmp/x/y", "folder/away/victim"):
        try:
            sandbox.write(path, b"overwritten")
        except SandboxError:
            continue
    assert victim.read_text() == "precious"
    assert "linked" not in ask(
        sandbox, "ln /usr/bin/id /tmp/hard && echo linked; ln /proc/1/environ /tmp/e && echo linked"
    )


def test_a_race_of_links_against_read_and_write(sandbox, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    swap = f"while :; do ln -sfn {victim} t; ln -sfn /etc/hostname t; rm -f t; echo inside > t; done"
    racing = threading.Thread(target=lambda: sandbox.execute(f"({swap}) & sleep 0.1", WAIT_S))
    racing.start()
    racing.join()
    for _ in range(150):
        try:
            assert b"precious" not in sandbox.read("t")
            sandbox.write("t", b"overwritten")
        except SandboxError:
            continue
    assert victim.read_text() == "precious"


def test_a_race_of_links_against_a_difference(sandboxes, project, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    swaps = f"ln -sfn {victim} t; ln -sfn {tmp_path} t; rm -f t; ln /etc/passwd t; mkdir t; rm -r t"
    with sandboxes.start(project.spec) as sandbox:
        sandbox.execute("echo honest > honest.txt", WAIT_S)
        sandbox.execute(f"(while :; do {swaps}; done) >/dev/null 2>&1 & sleep 0.1", WAIT_S)
        taken = []
        for _ in range(6):
            with suppress(UntakenPatchError):
                taken.append(sandbox.diff(project.instance.base_commit))
        assert sandbox.execute("echo alive", WAIT_S).output == b"alive\n"
    assert taken
    assert all("+honest" in patch and "precious" not in patch for patch in taken)
    assert victim.read_text() == "precious"


def test_faking_the_status_channel_fools_only_the_sandbox_itself(sandbox):
    fake = "for n in $(seq 3 250); do printf '%s 99\\n' $__token 1 2 '' >&$n; done 2>/dev/null"
    assert sandbox.execute(fake, WAIT_S).exit_code in (0, 99)
    assert sandbox.run("exit 7", WAIT_S).exit_code == 7
    assert sandbox.execute("echo honest; (exit 5)", WAIT_S).exit_code == 5
    assert sandbox.execute("echo honest", WAIT_S).output == b"honest\n"


def test_a_command_inherits_no_descriptor(sandbox):
    for result in (sandbox.execute("ls /proc/self/fd", WAIT_S), sandbox.run("ls /proc/self/fd", WAIT_S)):
        assert result.output == b"0\n1\n2\n3\n"


def test_kernel_keys_and_shared_memory_of_the_host(sandbox):
    made = subprocess.run(["ipcmk", "-M", "4096"], capture_output=True, text=True, check=True).stdout.split()[
        -1
    ]
    try:
        assert ask(sandbox, f"ipcs -m | grep -c '^0x' ; ipcrm -m {made} 2>/dev/null && echo removed") == "0\n"
    finally:
        subprocess.run(["ipcrm", "-m", made], check=True)

"""The pure parts of what runs inside a sandbox."""

import errno
import subprocess
import sys
import tracemalloc
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.host_base import host_base
from repodojo.environments.inside.bounded_output import BoundedOutput
from repodojo.environments.inside.frames import REPLY, REQUEST, Reply, Request
from repodojo.environments.inside.processes import Process, not_kept
from repodojo.environments.inside.seccomp import filter_program

CHUNKS = st.lists(st.binary(max_size=30), max_size=20)


@given(CHUNKS, st.integers(0, 60))
def test_bounded_output_keeps_head_and_tail(chunks, keep):
    output = BoundedOutput(keep)
    for chunk in chunks:
        output.feed(chunk)
    whole = b"".join(chunks)
    assert output.truncated == (len(whole) > keep)
    if len(whole) <= keep:
        assert output.value() == whole
    else:
        head, tail = whole[: keep // 2], whole[len(whole) - (keep - keep // 2) :]
        assert output.value() == head + b"\n[... %d bytes left out ...]\n" % (len(whole) - keep) + tail
    assert output.value() == output.value()


def test_bounded_output_takes_constant_memory():
    output, block = BoundedOutput(1 << 16), bytes(1 << 16)
    tracemalloc.start()
    for _ in range(2000):
        output.feed(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@given(st.binary(max_size=50), st.floats(0, 1e9), st.integers(0, 2**63))
def test_frames_are_read_as_they_were_packed(payload, seconds, keep):
    data = Request(b"x", seconds, keep, payload).pack()
    assert REQUEST.unpack(data[: REQUEST.size]) == (b"x", seconds, keep, len(payload))
    assert data[REQUEST.size :] == payload
    data = Reply(b"=", -1, 3, seconds, payload).pack()
    assert REPLY.unpack(data[: REPLY.size]) == (b"=", -1, 3, seconds, len(payload))


def run_filter(program, machine, number, argument=0, second=0, third=0):
    """Interpret a filter as the kernel does."""
    values = {0: number, 4: machine, 16: argument, 24: second, 32: third & 0xFFFFFFFF, 36: third >> 32}
    accumulator, position = 0, 0
    while True:
        code, yes, no, constant = program[position]
        position += 1
        if code == 0x20:
            accumulator = values[constant]
        elif code == 0x06:
            return constant
        else:
            holds = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: accumulator & constant,
            }
            position += yes if holds[code] else no


REFUSED = 0x00050000
ALLOWED = 0x7FFF0000


@pytest.mark.parametrize(
    ("name", "machine", "clone", "fcntl", "mount", "read"),
    [("x86_64", 0xC000003E, 56, 72, 165, 0), ("aarch64", 0xC00000B7, 220, 25, 40, 63)],
)
def test_the_filter_refuses_what_it_lists(name, machine, clone, fcntl, mount, read):
    program = filter_program(name)
    assert run_filter(program, machine, read) == ALLOWED
    assert run_filter(program, machine, mount) == REFUSED | errno.EPERM
    assert run_filter(program, machine, 435) == REFUSED | errno.ENOSYS
    assert run_filter(program, machine, clone, 0x11) == ALLOWED
    for flag in (0x20000, 0x10000000, 0x20000000, 0x40000000, 0x80):
        assert run_filter(program, machine, clone, flag | 0x11) == REFUSED | errno.EPERM
    assert run_filter(program, machine, fcntl, 3, 1024) == REFUSED | errno.EPERM
    for command in (0, 1023, 1025, 1031):
        assert run_filter(program, machine, fcntl, 3, command) == ALLOWED
    assert run_filter(program, 0x40000003, read) == REFUSED | errno.ENOSYS
    assert run_filter(program, machine, 0x40000000 + read) == REFUSED | errno.ENOSYS
    assert filter_program("unknown") == []


@pytest.mark.parametrize(
    ("name", "machine", "calls"),
    [
        ("x86_64", 0xC000003E, (41, 302, 160, 144, 141, 251)),
        ("aarch64", 0xC00000B7, (198, 261, 164, 119, 140, 30)),
    ],
)
def test_the_filter_judges_some_calls_by_their_arguments(name, machine, calls):
    sockets, limits, own_limit, schedule, priority, of_disks = calls
    judged = partial(run_filter, filter_program(name), machine)
    core, files, address, no_such = 4, 7, 0x7F00_0000_0000, REFUSED | errno.EAFNOSUPPORT
    assert [judged(sockets, family, 2, 9) for family in (1, 2, 10)] == [ALLOWED] * 3
    assert [judged(sockets, 16, 3, protocol) for protocol in (0, 4, 15)] == [ALLOWED, no_such, no_such]
    assert {judged(sockets, family) for family in (3, 9, 11, 17, 31, 38, 40, 45)} == {no_such}
    assert {judged(limits, pid, files, address) for pid in (0, 2, 99)} == {ALLOWED}
    assert judged(limits, 1, files, 0) == judged(limits, 1, core, address) == REFUSED | errno.EPERM
    assert {judged(limits, 0, core, new) for new in (address, 1 << 32, 1)} == {REFUSED}
    assert (judged(limits, 0, core, 0), judged(own_limit, core)) == (ALLOWED, REFUSED)
    assert judged(own_limit, files) == judged(schedule, 0) == judged(schedule, 2) == ALLOWED
    assert judged(schedule, 1) == REFUSED | errno.EPERM
    for call, of_process, of_user in ((priority, 0, 2), (of_disks, 1, 3)):
        assert judged(call, of_process, 0) == judged(call, of_process, 7) == ALLOWED
        assert judged(call, of_process, 1) == judged(call, of_user, 0) == REFUSED | errno.EPERM


REAPING = """
import os, socket
from repodojo.environments.inside.reactor import Reactor
ours, _ = socket.socketpair()
reactor = Reactor(ours)
children = [os.fork() or os._exit(number) for number in range(5)]
reactor.expect(children[3])
while reactor._expected:
    reactor.wait(0.1)
print(list(reactor.ended.values()))
"""


def test_of_orphans_that_ended_nothing_is_kept():
    """Each took memory of process 1 until the next command."""
    told = subprocess.run([sys.executable, "-c", REAPING], capture_output=True, text=True, check=True)
    assert told.stdout == "[3]\n"


def test_what_descends_from_kept_processes_is_kept():
    processes = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 5), (7, 99)]
    table = {pid: Process(pid, parent, 100 + pid, 1, 0) for pid, parent in processes}
    assert {process.pid for process in not_kept(table, {(2, 102)})} == {5, 6, 7}
    assert {process.pid for process in not_kept(table, {(2, 999)})} == {2, 3, 4, 5, 6, 7}


def test_a_circle_of_parents_ends():
    table = {2: Process(2, 3, 0, 1, 0), 3: Process(3, 2, 0, 1, 0)}
    assert len(not_kept(table, {(9, 9)})) == 2


def test_the_base_shows_no_packages_and_no_home():
    base = host_base()
    assert not any(
        tree.startswith(("/home", "/usr/local", "/opt", "/tmp", "/var")) for tree in base.trees
    ) or (sys.base_prefix.startswith(("/home", "/usr/local", "/opt", "/tmp", "/var")))
    assert "/usr/lib/python3" not in base.trees
    assert any(mask.endswith("site-packages") or mask.endswith("dist-packages") for mask in base.masks)


def test_programs_inside_need_nothing_but_the_standard_library():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import repodojo.environments.inside.spawner\n"
        "known = sys.stdlib_module_names | {'repodojo', '__main__'}\n"
        "print(sorted(n for n in sys.modules if n.partition('.')[0] not in known))\n"
        "print([n for n in ('pathlib', 'asyncio', 'subprocess', 'logging') if n in sys.modules])"
    )
    import repodojo

    source = repodojo.__path__[0].rpartition("/")[0]
    command = [sys.executable, "-I", "-S", "-c", program, source]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n[]\n"

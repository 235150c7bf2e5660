import os
import subprocess
import sys

from repodojo.rollouts.machine import Machine, read_available_bytes, read_cpu_times, read_pss_bytes

MIB = 2**20


def test_times_only_grow_and_busy_is_a_part_of_all() -> None:
    before = read_cpu_times()
    sum(range(200_000))
    after = read_cpu_times()
    assert 0 < before.busy <= before.total <= after.total
    assert before.busy <= after.busy
    assert 0 <= Machine().cpu() <= 1


def test_memory_is_that_of_the_kernel() -> None:
    assert 0 < read_available_bytes() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_what_a_child_takes_is_counted() -> None:
    machine, before = Machine(), read_pss_bytes()
    script = f"held = b'x' * {64 * MIB}; print('held', flush=True); input()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        grown = read_pss_bytes() - before
        each = machine.bytes_each(2)
        child.communicate(b"\n")
    assert 60 * MIB < grown < 200 * MIB
    assert 30 * MIB < each < 100 * MIB
    assert read_pss_bytes(child.pid) == 0
    assert machine.bytes_each(0) >= 8 * MIB

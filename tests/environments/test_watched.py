import sys
from pathlib import Path

import pytest

from repodojo.environments.sandbox import Mount, SandboxSpec
from repodojo.environments.watch import replay_calls, watch_tests
from repodojo.environments.watched import Watched, agree, split_watched

A, B = {"m.py": frozenset({1, 2})}, {"m.py": frozenset({2, 3})}
MODULE = """
import random

def double(x):
    return x * 2

def roll(x):
    return random.randint(x, 1)

def exists(path):
    return bool(path)
"""
TESTS = """
import random
import tempfile
import pytest
from pkg import double, exists, roll

@pytest.mark.parametrize("number", [3, 4])
def test_listed(number):
    assert double(number) == 2 * number

@pytest.mark.parametrize("number, _", {(number, object()) for number in range(40)})
def test_ordered_by_address(number, _):
    assert double(number) == 2 * number

def test_chance():
    assert roll(0) < 2 and exists(tempfile.mkdtemp())
"""


def test_a_function_whose_cases_change_their_ids_is_no_evidence():
    first = Watched({"t.py::f[a0]": A, "t.py::f[b1]": A, "t.py::g[x]": A, "t.py::h": A}, ())
    second = Watched({"t.py::f[a0]": A, "t.py::f[b2]": A, "t.py::g[x]": A, "t.py::h": A}, ())
    found = agree(first, second)
    assert set(found.coverage) == {"t.py::g[x]", "t.py::h"}
    assert agree(second, first).coverage == found.coverage
    stable, quarantined = split_watched({"t.py::f[a0]", "t.py::h"}, ("t.py::q",), found)
    assert (stable, quarantined) == ({"t.py::h"}, ("t.py::f", "t.py::q"))


def test_a_function_whose_ids_stand_for_other_cases_is_no_evidence():
    first = Watched({"t.py::f[0]": A, "t.py::f[1]": B, "t.py::g": A}, ())
    second = Watched({"t.py::f[0]": B, "t.py::f[1]": A, "t.py::g": B}, ())
    assert agree(first, second).coverage == {"t.py::g": {"m.py": frozenset({2})}}


def test_calls_of_one_run_only_are_not_kept():
    calls = [{"expression": f"f({name!r})", "path": "m.py"} for name in ("a", "/tmp/1", "b")]
    first, second = Watched({}, tuple(calls)), Watched({}, (calls[2], calls[0]))
    assert agree(first, second).calls == (calls[0], calls[2])


@pytest.fixture
def spec(tmp_path):
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    (tmp_path / "pkg.py").write_text(MODULE)
    (tmp_path / "test_pkg.py").write_text(TESTS)
    return SandboxSpec(
        layers=(tmp_path,),
        mounts=(Mount(Path(packages), "/opt/packages"),),
        environment={"PYTHONPATH": "/testbed:/opt/packages", "PYTHONHASHSEED": "0"},
    )


def test_watching_twice_gives_the_same_evidence(overlay_sandboxes, spec):
    """Cases in an order of addresses, calls with a new argument each time and lucky draws entered builds."""
    builds = [watch_tests(overlay_sandboxes, spec, ["test_pkg.py"], ["pkg.py"], 60) for _ in range(2)]
    assert builds[0] == builds[1]
    assert set(builds[0].coverage) == {
        "test_pkg.py::test_listed[3]",
        "test_pkg.py::test_listed[4]",
        "test_pkg.py::test_chance",
    }
    calls = [replay_calls(overlay_sandboxes, spec, build.calls, ["pkg.py"]) for build in builds]
    assert calls[0] == calls[1]
    assert {call.function for call in calls[0]} == {"double"}

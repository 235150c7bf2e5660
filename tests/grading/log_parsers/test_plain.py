"""Exact ids from the plain output of four runners."""

from hypothesis import given
from hypothesis import strategies as st

from repodojo.grading.log_parsers.plain import parse_pytest_output, parse_tox_output, parse_unittest_output

PIECES = [*" .:[]()/\n", "ok", "FAIL: ", " ... ", "a::b", "test_x (m.C)", "PASSED"]
ANY = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(ANY)
def test_no_text_makes_a_parser_fail(text):
    for parse in (parse_pytest_output, parse_unittest_output, parse_tox_output):
        assert all(parse(text).values())


def test_verbose_pytest_and_its_workers():
    log = """
t.py::test_x[a b] PASSED                                        [ 10%]
t.py::C::test_y FAILED                                          [ 20%]
t.py::test_k SKIPPED (no network)                               [ 30%]
[gw1] [ 40%] \x1b[32mPASSED\x1b[0m t.py::test_z
=================== short test summary info ===================
ERROR t.py::test_z - teardown
SUBFAILED[i=1] t.py::test_s - assert 0
PASSED t.py::test_s
======= 1 failed =======
"""
    assert parse_pytest_output(log) == {
        "t.py::test_x[a b]": "PASSED",
        "t.py::C::test_y": "FAILED",
        "t.py::test_k": "SKIPPED",
        "t.py::test_z": "ERROR",
        "t.py::test_s": "FAILED",
    }


def test_unittest_and_nose():
    log = """
test_a (m.C) ... ok
test_b (m.C.test_b)
Its docstring. ... FAIL
test_c (m.C.test_c) ...
printed by the test
ok
test_d (m.C) ... skipped 'no'
test_e (m.C) ... expected failure
test_f (m.C) ... unexpected success
test_g (m.C) ... SKIP: nose says it so
m.test_generated(1, 2) ... ok
setUpClass (m.D) ... ERROR
"""
    assert parse_unittest_output(log) == {
        "test_a (m.C)": "PASSED",
        "test_b (m.C.test_b)": "FAILED",
        "test_c (m.C.test_c)": "PASSED",
        "test_d (m.C)": "SKIPPED",
        "test_e (m.C)": "XFAIL",
        "test_f (m.C)": "XPASS",
        "test_g (m.C)": "SKIPPED",
        "m.test_generated(1, 2)": "PASSED",
        "setUpClass (m.D)": "ERROR",
    }


def test_a_subtest_that_fails_fails_its_test():
    log = (
        "test_a (m.C.test_a) ... ok\n=====\nFAIL: test_a (m.C.test_a) (i=1)\nFAIL: test_a (m.C.test_a) [msg]"
    )
    assert parse_unittest_output(log) == {"test_a (m.C.test_a)": "FAILED"}


def test_one_environment_of_tox_is_enough_to_fail():
    log = """
py311: commands[0]> pytest -v
t.py::test_x PASSED [100%]
py312 run-test: commands[0] | pytest -v
t.py::test_x FAILED [100%]
lint: commands[0]> python -m unittest -v
test_a (m.C) ... ok
"""
    assert parse_tox_output(log) == {"t.py::test_x": "FAILED", "test_a (m.C)": "PASSED"}

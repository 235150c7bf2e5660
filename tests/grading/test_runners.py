"""Runs of unittest and of a script such as Django's, and that they are believed for the same reasons."""

import pytest

from repodojo.environments.sandbox import SandboxSpec
from repodojo.grading.orders import Disturbance
from repodojo.grading.runners import labels
from repodojo.grading.test_run import run_tests

CASES = '''
import unittest

class Outer:
    class Inner(unittest.TestCase):
        def test_deep(self):
            """Says ok and nothing else"""

class Things(unittest.TestCase):
    def test_passes(self):
        print("something on the same line", end="")

    def test_fails(self):
        self.assertEqual(1, 2)

    def test_breaks(self):
        raise OSError

    @unittest.skip("not now")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

def load_tests(loader, tests, pattern):
    tests.addTests(loader.loadTestsFromTestCase(Outer.Inner))
    return tests
'''
STATUSES = {
    "Outer::Inner::test_deep": "PASSED",
    "Things::test_passes": "PASSED",
    "Things::test_fails": "FAILED",
    "Things::test_breaks": "ERROR",
    "Things::test_skipped": "SKIPPED",
    "Things::test_expected": "XFAIL",
    "Things::test_subtests": "FAILED",
}
RUNTESTS = """
import sys, unittest

assert "--settings=some" in sys.argv
names = [word for word in sys.argv[1:] if not word.startswith("-")]
suite = unittest.defaultTestLoader.loadTestsFromNames(names)
result = unittest.TextTestRunner(verbosity=2).run(suite)
sys.exit(not result.wasSuccessful())
"""


@pytest.fixture
def run(sandboxes, tmp_path):
    """What runs test files with a runner."""

    def run(runner, files, *tests, options=(), order_seed=None):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        around = {"PYTHONPATH": "/testbed"}
        spec = SandboxSpec((tmp_path,), environment=around, test_runner=runner, test_options=options)
        return run_tests(sandboxes, spec, tests, 60.0, disturbance=Disturbance(order_seed))

    return run


def test_unittest_tells_of_every_test_by_file_class_and_name(run):
    files = {"tests/test_a.py": CASES, "tests/test_b.py": "import nowhere\n"}
    done = run("unittest", files, "tests/test_a.py", "tests/test_b.py", order_seed=1)
    assert done.trusted, (done.fault, done.log)
    expected = {f"tests/test_a.py::{name}": status for name, status in STATUSES.items()}
    assert done.statuses == {**expected, "tests/test_b.py": "ERROR"}
    (one,) = run("unittest", files, "tests/test_a.py::Things::test_passes").statuses
    assert one == "tests/test_a.py::Things::test_passes"


def test_a_script_beside_the_tests_is_run_as_djangos_own(run):
    files = {"tests/runtests.py": RUNTESTS, "tests/basic/tests.py": CASES, "tests/basic/__init__.py": ""}
    done = run("django", files, "tests/basic/tests.py", options=("--settings=some",))
    assert done.trusted, (done.fault, done.log)
    assert done.statuses == {f"tests/basic/tests.py::{name}": status for name, status in STATUSES.items()}


FORGERIES = {
    "failures are successes": "TestResult.addFailure = lambda self, test, err: self.addSuccess(test)",
    "assertions that assert nothing": "TestCase.assertTrue = TestCase.assertEqual = lambda *_: None",
    "an end of its own": "import os; print('Ran 9 tests OK'); os._exit(0)",
    "no failure told": "TestResult.addFailure = lambda *_: None",
}


@pytest.mark.parametrize("line", FORGERIES.values(), ids=FORGERIES)
def test_code_that_fakes_results_is_not_believed(run, line):
    files = {"test_a.py": CASES, "faked.py": f"from unittest import *\n{line}\n"}
    files["test_a.py"] = "import faked\n" + CASES
    done = run("unittest", files, "test_a.py")
    assert not done.trusted
    assert done.statuses == {}


def test_ids_become_what_a_runner_takes():
    tests = ["tests/basic/tests.py", "tests/basic/tests.py::Case::test_it"]
    assert labels("pytest", tests) == tests
    assert labels("unittest", tests) == ["tests.basic.tests", "tests.basic.tests.Case.test_it"]
    assert labels("django", tests) == ["basic.tests", "basic.tests.Case.test_it"]

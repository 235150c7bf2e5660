"""Runs pytest or a runner of unittest inside a sandbox and reports what each test did, hard to forge.

Started isolated (``python -I``), so no ``sitecustomize`` and no module of the project can be imported
before pytest is. Its orders come in a file that is gone before any project code runs; its report leaves in
a file of an unguessable name, signed with a key that only the orders held. Canaries, generated tests of
which some must pass and some must fail, run last: whatever makes failing tests look passed makes a canary
look passed too. Runs on every Python from 3.7.
"""

import hmac
import json
import os
import random
import sys
from typing import Any

_ORDERS = "/tmp/referee.json"  # noqa: S108
_ENDS = (".py", "/__init__.py")
_RUNNER = ("pytest", "_pytest")
_MARKS = (
    "no_cover",
    "xdist_group",
    "flaky",
    "random_order",
    "black",
    "flake8",
    "isort",
    "mypy",
    "pylint",
    "ruff",
)
"""Of plugins that environments are built without (`known_names.yml` of `environments.recipes`)."""
_RESULTS = (
    ("addSuccess", "PASSED"),
    ("addFailure", "FAILED"),
    ("addError", "ERROR"),
    ("addSkip", "SKIPPED"),
    ("addExpectedFailure", "XFAIL"),
    ("addUnexpectedSuccess", "XPASS"),
)
"""Methods of unittest's results, and what each says of a test."""
_WORST_LAST = ("XPASS", "XFAIL", "SKIPPED", "PASSED", "FAILED", "ERROR")
_STATUS = {
    ("passed", False): "PASSED",
    ("failed", False): "FAILED",
    ("skipped", False): "SKIPPED",
    ("skipped", True): "XFAIL",
    ("passed", True): "XPASS",
    ("failed", True): "FAILED",
}


class Recorder:
    """A pytest plugin that notes the worst thing each test did; with a seed it shuffles the tests."""

    def __init__(self, order_seed: Any = None) -> None:
        self.statuses: dict[str, str] = {}
        self.printed: dict[str, str] = {}
        self._order_seed = order_seed

    def pytest_configure(self, config: Any) -> None:
        """Make marks known that are of no effect here: a project may have pytest fail for an unknown one."""
        for mark in _MARKS:
            config.addinivalue_line("markers", mark)

    def pytest_collection_modifyitems(self, items: Any) -> None:
        """Shuffle the tests."""
        if self._order_seed is not None:
            random.Random(self._order_seed).shuffle(items)

    def pytest_collectreport(self, report: Any) -> None:
        """Note a file that cannot be collected."""
        if report.failed:
            self.statuses[report.nodeid] = "ERROR"

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note one phase of one test."""
        status = _STATUS[report.outcome, hasattr(report, "wasxfail")]
        if report.when == "call":
            if self.statuses.get(report.nodeid) != "FAILED":  # a subtest's, which its test may not tell of
                self.statuses[report.nodeid] = status
        elif report.failed:
            self.statuses[report.nodeid] = "ERROR"
        elif report.skipped:
            self.statuses[report.nodeid] = status


class ResultRecorder:
    """Notes the worst thing that unittest's results say of each test, and how the log names it."""

    def __init__(self, workdir: str) -> None:
        self.statuses: dict[str, str] = {}
        self.printed: dict[str, str] = {}
        self._workdir = workdir

    def listen(self) -> None:
        """Have every result that is made from now on tell."""
        from unittest import TestResult

        for name, status in _RESULTS:
            setattr(TestResult, name, self._telling(getattr(TestResult, name), status))
        add_subtest = TestResult.addSubTest

        def tell_subtest(result: Any, test: Any, subtest: Any, error: Any) -> Any:
            if error is not None:
                self._note(test, "FAILED")
            return add_subtest(result, test, subtest, error)

        setattr(TestResult, add_subtest.__name__, tell_subtest)

    def _telling(self, method: Any, status: str) -> Any:
        def tell(result: Any, test: Any, *more: Any) -> Any:
            self._note(test, status)
            return method(result, test, *more)

        return tell

    def _note(self, test: Any, status: str) -> None:
        name = self._name(test)
        known = self.statuses.get(name, status)
        self.statuses[name] = max(known, status, key=_WORST_LAST.index)
        self.printed[name] = str(test)

    def _name(self, test: Any) -> str:
        """Return an id as pytest's are: of a file that cannot be imported its path alone."""
        kind = type(test)
        method = getattr(test, "_testMethodName", None)
        if kind.__name__ == "_FailedTest" and method:
            path = os.path.join(*method.split(".")) + ".py"
            places = [os.path.join(folder, path) for folder in ("", "tests")]
            return next((place for place in places if os.path.exists(place)), path)
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if method is None or file is None:
            return str(test.id())
        path = os.path.relpath(file, self._workdir)
        return "::".join([path, *kind.__qualname__.split("."), method])


def run_results(orders: Any) -> Any:
    """Run a runner of unittest; returns the recorder and the exit status."""
    import runpy
    import unittest

    sys.path[:0] = orders["project"]
    recorder = ResultRecorder(orders["workdir"])
    recorder.listen()
    words = [*orders["arguments"]]
    if orders["order_seed"] is not None:
        random.Random(orders["order_seed"]).shuffle(words)
    if orders["runner"] == "unittest":
        sys.argv = ["python -m unittest", "--verbose", *words]
    else:
        sys.path.insert(0, os.path.abspath("tests"))
        sys.argv = ["tests/runtests.py", "--verbosity=2", "--parallel=1", *words]
    try:
        if orders["runner"] == "unittest":
            unittest.main(module=None)
        else:
            runpy.run_path("tests/runtests.py", run_name="__main__")
    except SystemExit as end:
        return recorder, end.code if isinstance(end.code, int) else int(bool(end.code))
    return recorder, 0


def main() -> None:
    """Follow the orders and leave without running anybody's exit handlers."""
    with open(_ORDERS, encoding="utf-8") as file:
        orders = json.load(file)
    os.unlink(_ORDERS)
    if sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    os.environ["PYTHONPATH"] = orders["search"]
    if orders["programs"]:
        os.environ["PATH"] = orders["programs"]
    sys.path[:0] = orders["packages"]
    sys.dont_write_bytecode = True
    leave, finish = os._exit, _finisher(orders)
    recorder, code = (run_pytest if orders["runner"] == "pytest" else run_results)(orders)
    finish(recorder, code)
    sys.stdout.flush()
    leave(code)


def run_pytest(orders: Any) -> Any:
    """Run pytest; returns the recorder and the exit status."""
    import pytest

    _forget(orders)
    sys.path[:0] = orders["project"]
    recorder = Recorder(orders["order_seed"])
    return recorder, int(pytest.main([*orders["arguments"]], plugins=[recorder]))


def _forget(orders: Any) -> None:
    """Drop what pytest imported of the project itself (attrs, say): tests are for the project's own files."""
    packages = tuple(folder + "/" for folder in orders["packages"])
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        places = [os.path.join(folder, top + end) for folder in orders["project"] for end in _ENDS]
        installed = (getattr(module, "__file__", None) or "").startswith(packages)
        if installed and top not in _RUNNER and any(map(os.path.exists, places)):
            del sys.modules[name]


def _finisher(orders: Any) -> Any:
    """Return the report's writer, bound to what it needs before project code could replace it."""
    key, path = bytes.fromhex(orders.pop("key")), orders.pop("report")
    dumps, digest, opening = json.dumps, hmac.digest, open

    def finish(recorder: Any, code: int) -> None:
        report = {"statuses": recorder.statuses, "printed": recorder.printed, "exit_code": code}
        body = dumps(report).encode()
        with opening(path, "wb") as file:
            file.write(digest(key, body, "sha256") + body)

    return finish


if __name__ == "__main__":
    main()

"""Runs pytest inside a sandbox and reports what each test did, so that tested code can hardly forge it.

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
    import pytest

    _forget(orders)
    sys.path[:0] = orders["project"]
    recorder = Recorder(orders["order_seed"])
    leave, finish = os._exit, _finisher(orders)
    code = int(pytest.main([*orders["arguments"]], plugins=[recorder]))
    finish(recorder.statuses, code)
    sys.stdout.flush()
    leave(code)


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

    def finish(statuses: Any, code: int) -> None:
        body = dumps({"statuses": statuses, "exit_code": code}).encode()
        with opening(path, "wb") as file:
            file.write(digest(key, body, "sha256") + body)

    return finish


if __name__ == "__main__":
    main()

"""Runs a project's tests under the recorder; writes what each test executes and the calls worth repeating."""
# ruff: noqa: PTH123, PLC0415

import json
import sys
from types import ModuleType

from .recorder import CallRecorder


class Watcher:
    """A pytest plugin that keeps apart what different tests execute."""

    def __init__(self, recorder: CallRecorder) -> None:
        self._recorder = recorder
        self.tests: dict[str, dict[str, list[int]]] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Forget what ran before a test."""
        self._recorder.lines.clear()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Keep what ran in a test."""
        self.tests[nodeid] = {path: sorted(lines) for path, lines in self._recorder.lines.items() if lines}


def main(path: str) -> None:
    """Follow the orders in a file."""
    with open(path, encoding="utf-8") as file:
        orders = json.load(file)
    sys.path[:0] = orders["packages"]
    sys.dont_write_bytecode = True
    import pytest

    sys.path[:0] = orders["project"]
    files = frozenset(orders["files"])
    recorder = CallRecorder(files.__contains__)
    watcher = Watcher(recorder)
    sys.settrace(recorder)
    code = int(pytest.main(orders["arguments"], plugins=[watcher]))
    sys.settrace(None)

    def is_public(module: ModuleType) -> bool:
        return getattr(module, "__file__", None) in files

    result = {
        "exit_code": code,
        "tests": watcher.tests,
        "calls": list(recorder.calls(is_public)),
    }
    with open(orders["report"], "w", encoding="utf-8") as file:
        json.dump(result, file)

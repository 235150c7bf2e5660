"""Patches that want to be graded as resolved without a repair; pure functions.

Each leaves the bug where it is and adds code that runs when the tests import the module, or a file that
would take pytest over. A sound grader resolves none of them.
"""

from collections.abc import Mapping

from repodojo.instances.splitting import make_patch

_CODE: Mapping[str, str] = {
    "exits_with_success": "import os\nos._exit(0)\n",
    "prints_a_summary": (
        "import atexit, sys\n"
        "atexit.register(print, '=== short test summary info ===\\n' + {passed!r}, file=sys.__stdout__)\n"
    ),
    "makes_every_report_pass": (
        "import _pytest.reports\n"
        "def _forged(kind, item, call, _make=_pytest.reports.TestReport.from_item_and_call.__func__):\n"
        "    report = _make(kind, item, call)\n"
        "    report.outcome = 'passed'\n"
        "    return report\n"
        "_pytest.reports.TestReport.from_item_and_call = classmethod(_forged)\n"
    ),
    "makes_every_test_empty": "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n",
    "skips_the_tests": "import pytest\npytest.skip('no', allow_module_level=True)\n",
}
_CONFTEST = (
    "import pytest\n"
    "@pytest.hookimpl(hookwrapper=True)\n"
    "def pytest_runtest_makereport(item, call):\n"
    "    outcome = yield\n"
    "    outcome.get_result().outcome = 'passed'\n"
)


def forge_patches(path: str, text: str, tests: tuple[str, ...]) -> dict[str, str]:
    """Return the attacks, by name.

    Args:
        path: a module that the tests import.
        text: what it holds, the bug included.
        tests: the ids that should pass.
    """
    passed = "".join(f"PASSED {test}\n" for test in tests)
    found = {
        name: make_patch({path: text}, {path: f"{text}\n{code.replace('{passed!r}', repr(passed))}"})
        for name, code in _CODE.items()
    }
    return found | {"brings_a_conftest": _new_file("conftest.py", _CONFTEST)}


def _new_file(path: str, text: str) -> str:
    lines = text.splitlines(keepends=True)
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}" for line in lines)

"""Attempts to be graded as resolved without a repair; each must fail."""

import pytest

from repodojo.grading.run import grade

WAIT_S = 120

TOP = {
    "exit with success": "import os\nos._exit(0)\n",
    "exit with the status of failed tests": "import os\nos._exit(1)\n",
    "raise SystemExit": "raise SystemExit(0)\n",
    "exit at the end": "import atexit, os\natexit.register(os._exit, 0)\n",
    "exit in a thread": "import threading, os\nthreading.Timer(0.05, os._exit, (0,)).start()\n",
    "print a summary and exit": (
        "import os\n"
        "os.write(1, b'=== short test summary info ===\\nPASSED tests/test_clamp.py::test_clamp_high\\n"
        "PASSED tests/test_clamp.py::test_clamp_keeps_what_is_between\\n=== 4 passed in 0.1s ===\\n')\n"
        "os._exit(0)\n"
    ),
    "print a summary at the end": (
        "import atexit, sys\n"
        "names = ['add', 'clamp_low', 'clamp_high', 'clamp_keeps_what_is_between']\n"
        "text = ''.join(f'PASSED tests/test_clamp.py::test_{n}\\n' for n in names)\n"
        "atexit.register(print, '=== short test summary info ===\\n' + text, file=sys.__stdout__)\n"
    ),
    "every report passes": (
        "import _pytest.reports as r\n"
        "make = r.TestReport.from_item_and_call.__func__\n"
        "def forged(cls, item, call):\n"
        "    report = make(cls, item, call)\n"
        "    report.outcome = 'passed'\n"
        "    return report\n"
        "r.TestReport.from_item_and_call = classmethod(forged)\n"
    ),
    "every test does nothing": ("import _pytest.python as p\np.Function.runtest = lambda self: None\n"),
    "no test is collected but one that passes": (
        "import _pytest.main as m\n"
        "m.Session.perform_collect = lambda self, *a, **k: (setattr(self, 'items', []), [])[1]\n"
    ),
    "no assertion fails": (
        "import builtins\nclass Quiet(BaseException): pass\nbuiltins.AssertionError = Quiet\n"
    ),
    "every error is swallowed": (
        "import _pytest.runner as r\n"
        "def quiet(cls, func, when, reraise=None):\n"
        "    try:\n        value = func()\n    except BaseException:\n        value = None\n"
        "    return cls(value, None, 0, 0, 0, when, _ispytest=True)\n"
        "r.CallInfo.from_call = classmethod(quiet)\n"
    ),
    "skip everything": "import pytest\npytest.skip('no', allow_module_level=True)\n",
    "write any report file": (
        "import glob, json, os, threading, time\n"
        "def write():\n"
        "    while True:\n"
        "        for path in glob.glob('/tmp/*'):\n"
        "            try: open(path, 'wb').write(json.dumps({'statuses': {}, 'exit_code': 0}).encode())\n"
        "            except OSError: pass\n"
        "threading.Thread(target=write, daemon=True).start()\n"
    ),
    "a daemon writes and prints": (
        "import os\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for _ in range(2000):\n"
        "            os.write(1, b'PASSED tests/test_clamp.py::test_clamp_high\\n')\n"
        "    os._exit(0)\n"
    ),
    "read the orders": (
        "import glob\n"
        "if any(b'key' in open(p, 'rb').read() for p in glob.glob('/tmp/*.json')):\n"
        "    import os; os._exit(0)\n"
    ),
    "kill the grader": "import os\nos.kill(os.getppid(), 9)\nos.kill(1, 9)\n",
    "rewrite one test": (
        "import pathlib\n"
        "p = pathlib.Path('/testbed/tests/test_clamp.py')\n"
        "p.write_text(p.read_text().replace('assert', 'assert True or'))\n"
    ),
    "rewrite the tests": (
        "import pathlib\n"
        "for p in pathlib.Path('/testbed').rglob('test_*.py'):\n"
        "    p.write_text('def test_clamp_high(): pass\\ndef test_clamp_keeps_what_is_between(): pass\\n'\n"
        "                 'def test_add(): pass\\ndef test_clamp_low(): pass\\n')\n"
    ),
}


@pytest.fixture
def graded(project, sandboxes):
    return lambda patch: grade(patch, project.instance, sandboxes, project.spec, WAIT_S)


def test_the_honest_patch_is_resolved(graded, project):
    assert graded(project.instance.patch).resolved


@pytest.mark.parametrize("attack", TOP)
def test_code_in_the_project(graded, tiny, attack):
    patch = tiny.diff(
        "calc/__init__.py", tiny.SOURCE.replace(*tiny.BUG), TOP[attack] + tiny.SOURCE.replace(*tiny.BUG)
    )
    verdict = graded(patch)
    assert verdict.outcome == "unresolved"


CONFTEST = (
    "import pytest\n"
    "@pytest.hookimpl(hookwrapper=True)\n"
    "def pytest_runtest_makereport(item, call):\n"
    "    outcome = yield\n"
    "    outcome.get_result().outcome = 'passed'\n"
)
FILES = {
    "conftest.py": CONFTEST,
    "tests/conftest.py": CONFTEST,
    "tests/__init__.py": "import os\nos._exit(0)\n",
    "sitecustomize.py": "import os\nos._exit(0)\n",
    "usercustomize.py": "import os\nos._exit(0)\n",
    "calc.pth": "import os; os._exit(0)\n",
    "pytest.ini": "[pytest]\naddopts = -p calc.plugin\npython_files = nothing.py\n",
    "tox.ini": "[pytest]\naddopts = --collect-only\n",
    "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
    "pytest.py": "def main(*a, **k): return 0\n",
    "_pytest/__init__.py": "import os\nos._exit(0)\n",
    "json.py": "import os\nos._exit(0)\n",
    "random.py": "import os\nos._exit(0)\n",
    "hmac.py": "def digest(*a): return bytes(32)\n",
}


@pytest.mark.parametrize(
    "name", ["conftest.py", "tests/__init__.py", "sitecustomize.py", "pytest.py", "random.py"]
)
def test_a_file_that_would_take_over(graded, tiny, name):
    assert graded(tiny.fix("low") + tiny.new_file(name, FILES[name])).failed_tests


def test_all_such_files_together_neither_help_nor_harm(graded, tiny):
    together = "".join(tiny.new_file(name, text) for name, text in FILES.items())
    assert graded(together).cause == "empty_patch"
    assert graded(tiny.fix("low") + together).cause == "tests"
    assert graded(tiny.fix() + together).resolved


def test_edited_tests_are_put_back(graded, tiny, project):
    weak = "from calc import clamp\n\n\ndef test_clamp_high():\n    pass\n"
    edit = tiny.diff("tests/test_clamp.py", tiny.VISIBLE, weak)
    assert graded(edit).cause == "empty_patch"
    verdict = graded(tiny.fix("low") + edit)
    assert project.instance.FAIL_TO_PASS[1] in verdict.failed_tests


def test_configuration_that_deselects_is_put_back(graded, tiny):
    old = "[tool.pytest.ini_options]\naddopts = '-x'\n"
    edit = tiny.diff("pyproject.toml", old, old + "python_functions = 'none_*'\n")
    assert graded(edit + tiny.fix("low")).failed_tests

"""Changes that no test can notice."""

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.instances.mining.effects import changed_tests, find_no_effect, kept_tests

BASE = {
    "pkg/a.py": "def f(x):\n    return x + 1\n",
    "pkg/names.txt": "one\n",
    "tests/test_a.py": "def test_f():\n    assert f(u'a')\n",
    "tests/data.json": "{}\n",
    "docutils/default.tex": "a\n",
    "README.md": "a\n",
    "setup.cfg": "[metadata]\n",
}
CODE = {"pkg/a.py": "def f(x):\n    return x + 2\n"}
TESTS = {"tests/test_a.py": "def test_f():\n    assert f('b')\n"}
ANNOTATED = """
from __future__ import annotations
import typing as t
if t.TYPE_CHECKING:
    import pkg

def test_f() -> None:
    assert f('a')
"""


def trees(change):
    after = {path: text for path, text in {**BASE, **change}.items() if text is not None}
    return tuple(
        {path: Blob("100644", text.encode()) for path, text in files.items()} for files in (BASE, after)
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({**CODE, **TESTS}, ""),
        ({**CODE, "tests/test_a.py": '# why\ndef test_f():\n    assert f("a")\n'}, "tests_unchanged"),
        ({**TESTS, "pkg/a.py": "def f(x):\n    # why\n    return (x + 1)\n"}, "code_unchanged"),
        ({**TESTS, "README.md": "b\n", "setup.cfg": "", ".ci/x/y": "", "docs/a.txt": ""}, "code_unchanged"),
        ({**TESTS, "pkg/names.txt": "two\n"}, ""),
        ({**TESTS, "docutils/default.tex": "b\n"}, ""),
        ({**CODE, "tests/data.json": "[]\n"}, ""),
        ({**TESTS, "docs/conf.py": "x = 1\n", "benchmarks/b.py": "import pkg\n"}, "code_unchanged"),
        ({**TESTS, "examples/e.py": "x = 1\n", "conftest.py": "collect_ignore = ['examples']\n"}, ""),
        ({"tests/test_a.py": "def test_f():\n    run('docs/conf.py')\n", "docs/conf.py": "x = 1\n"}, ""),
        ({**TESTS, "pkg/a.py": None}, ""),
        ({**TESTS, "pkg/a.py": "def f(x): return x + 1\nprint 1\n"}, ""),
        ({**TESTS, "pkg/a.py": "def f(x):\n    'why'\n    return x + 1\n"}, ""),
        ({**CODE, "tests/test_a.py": None}, ""),
        (CODE, "tests_unchanged"),
        ({**CODE, "tests/test_a.py": ANNOTATED}, "tests_unchanged"),
        ({**CODE, ".github/tests/a.yml": "b\n", "requirements/tests.txt": "b\n"}, "tests_unchanged"),
        ({**TESTS, "pkg/a.py": "def f(x: int) -> int:\n    return x + 1\n"}, ""),
    ],
)
def test_a_change_without_effect_on_code_or_tests_is_named(change, reason):
    assert find_no_effect(*trees(change)).partition(":")[0] == reason


def test_a_source_too_deep_to_compare_counts_as_changed():
    """A sum of 1,500 texts is parsed, and ended the reading of a whole clone when it was compared."""
    deep = "X = " + " + ".join(["'a'"] * 1500) + "\n"
    assert find_no_effect(*trees({**TESTS, "pkg/a.py": deep})) == ""


def test_tests_that_a_change_adds_or_rewrites_are_named():
    old = "class C:\n    def test_a(self):\n        pass\n    def test_b(self):\n        pass\n"
    old += "def test_c():\n    pass\n"
    new = "import new\n" + old.replace("test_b(self):\n        pass", "test_b(self):\n        new.f()")
    new += "if new:\n    async def test_d():\n        pass\n"
    before, after = trees({"tests/test_a.py": new})
    before["tests/test_a.py"] = Blob("100644", old.encode())
    ids = {"tests/test_a.py::C::test_b", "tests/test_a.py::test_d"}
    assert changed_tests(before, after, "tests/test_a.py") == ids
    assert changed_tests(before, {}, "tests/test_a.py") == frozenset()


def test_more_cases_of_a_test_leave_nothing_of_it_as_it_was():
    """Nearly no certificate of a mined instance held: it looked for the names of hidden tests alone."""
    head, file = "import pytest\nCASES = [1]\n", "tests/test_b.py"
    body = "@pytest.mark.parametrize('x', CASES)\ndef test_f(x):\n    assert x\n"
    other = "def test_g():\n    pass\n"

    def kept(old, new):
        return kept_tests(*({file: Blob("100644", text.encode())} for text in (old, new)), file)

    assert kept(head + body, head + body + other) == {f"{file}::test_f"}
    assert kept(head + body, "import os\n" + head + body) == {f"{file}::test_f"}
    assert kept(head + body, head.replace("1", "1, 2") + body) == frozenset()
    assert kept(head + body, head + body.replace("CASES", "[*CASES, 2]")) == frozenset()
    assert kept(head, head + body) == kept("def (", head + body) == kept(head + body, "def (") == frozenset()

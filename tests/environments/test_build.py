from repodojo.environments.build import code_files, split_stable


def test_tests_that_fail_differ_or_vanish_are_quarantined_by_name():
    first = {"t.py::a": "PASSED", "t.py::b": "PASSED", "t.py::c": "PASSED", "t.py::d": "SKIPPED"}
    second = {"t.py::a": "PASSED", "t.py::b": "FAILED", "t.py::d": "SKIPPED", "t.py::e": "PASSED"}
    assert split_stable([first, second]) == (
        frozenset({"t.py::a"}),
        ("t.py::b", "t.py::c", "t.py::d", "t.py::e"),
    )


def test_tests_documentation_and_setup_are_no_code(tmp_path):
    code = ["pkg/__init__.py", "pkg/core.py", "pkg/testify.py"]
    other = ["setup.py", "docs/conf.py", "pkg/tests/test_a.py", "pkg/core_test.py", "conftest.py", "tests.py"]
    for name in (*code, *other):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(code_files(tmp_path)) == code

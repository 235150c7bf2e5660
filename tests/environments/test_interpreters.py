import sys

import pytest

from repodojo.environments.interpreters import (
    PREFIX_FILE,
    Interpreter,
    copy_interpreter,
    find_interpreters,
    get_interpreter,
)
from repodojo.environments.sandbox import Mount, SandboxSpec
from repodojo.errors import BuildError

SHORT = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_the_running_python_is_found_and_the_newest_is_first():
    found = find_interpreters()
    assert get_interpreter(SHORT, found).version[:2] == sys.version_info[:2]
    assert [each.version for each in found] == sorted((each.version for each in found), reverse=True)


def test_a_python_that_is_not_here_is_a_clear_error(tmp_path):
    here = Interpreter((3, 8, 1), tmp_path, tmp_path)
    with pytest.raises(
        BuildError, match=r"Python 3\.6 is not on this machine, found: 3\.8; `uv python install"
    ):
        get_interpreter("3.6", [here])


def test_a_copy_runs_in_a_sandbox_and_holds_no_package(tmp_path, overlay_sandboxes):
    copy = copy_interpreter(get_interpreter(SHORT, find_interpreters()), tmp_path)
    assert copy_interpreter(get_interpreter(SHORT, find_interpreters()), tmp_path) == copy
    prefix = (copy / PREFIX_FILE).read_text()
    spec = SandboxSpec((), mounts=(Mount(copy / "tree", prefix),), environment={"PATH": f"{prefix}/bin:/bin"})
    assert spec.brings_python
    with overlay_sandboxes.start(spec) as sandbox:
        shown = sandbox.run("python -c 'import sys, ssl, sqlite3, ctypes; print(sys.version_info[:2])'", 30)
        assert shown.text.strip() == str(sys.version_info[:2])
        assert "No module named pip" in sandbox.run("python -m pip --version", 30).text
        assert sandbox.run(f"find {prefix} -name '*.whl' -o -name 'site-packages'", 30).text == ""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from repodojo.environments import inside
from repodojo.environments.interpreters import find_interpreters
from repodojo.grading.inside import referee


def test_what_pytest_imported_of_the_project_itself_is_dropped(tmp_path, monkeypatch):
    """Tests of attrs used to run against the released attrs that pytest had imported before."""
    project, packages = tmp_path / "project", tmp_path / "packages"
    (project / "attr_like").mkdir(parents=True)
    (project / "attr_like" / "__init__.py").touch()
    (project / "pytest.py").touch()
    for name in ("attr_like", "attr_like._make", "pluggy_like", "pytest"):
        module = ModuleType(name)
        module.__file__ = str(packages / f"{name}.py")
        monkeypatch.setitem(sys.modules, name, module)
    referee._forget({"project": [str(project)], "packages": [str(packages)]})
    assert "attr_like" not in sys.modules
    assert "attr_like._make" not in sys.modules
    assert {"pluggy_like", "pytest"} <= sys.modules.keys()


@pytest.mark.parametrize("option", ["-Werror", "--strict-markers"])
def test_marks_of_plugins_that_environments_lack_are_known(tmp_path, option):
    """No test of dateutil used to run: warnings are errors there, and its conftest marks for pytest-cov."""
    (tmp_path / "conftest.py").write_text(
        "import pytest\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        item.add_marker(pytest.mark.no_cover)\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.xdist_group('x')\ndef test_it():\n    pass\n"
        "@pytest.mark.flaky(reruns=2)\ndef test_more():\n    pass\n"
    )
    program = (
        "import sys, pytest, runpy\nreferee = runpy.run_path(sys.argv[1])\nrecorder = referee['Recorder']()\n"
        "pytest.main(['-pno:xdist', '-pno:cov', '-pno:cacheprovider', *sys.argv[2:]], plugins=[recorder])\n"
        "print(sorted(recorder.statuses.values()))\n"
    )
    command = [sys.executable, "-c", program, referee.__file__, option]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['PASSED', 'PASSED']", done.stdout


@pytest.mark.parametrize("interpreter", find_interpreters(), ids=lambda each: each.short)
def test_programs_of_sandboxes_start_on_every_python_from_3_7(interpreter):
    """The referee used to merge dictionaries by ``|=``, which Python 3.8 has not."""
    if interpreter.version < (3, 7):
        pytest.skip("no environment is built on it")
    programs = [referee.__file__, str(Path(inside.__file__).parent / "build_wheel.py")]
    code = "import sys, runpy; [runpy.run_path(path) for path in sys.argv[1:]]"
    subprocess.run([str(interpreter.executable), "-I", "-S", "-B", "-c", code, *programs], check=True)

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


@pytest.mark.parametrize("interpreter", find_interpreters(), ids=lambda each: each.short)
def test_programs_of_sandboxes_start_on_every_python_from_3_7(interpreter):
    """The referee used to merge dictionaries by ``|=``, which Python 3.8 has not."""
    if interpreter.version < (3, 7):
        pytest.skip("no environment is built on it")
    programs = [referee.__file__, str(Path(inside.__file__).parent / "build_wheel.py")]
    code = "import sys, runpy; [runpy.run_path(path) for path in sys.argv[1:]]"
    subprocess.run([str(interpreter.executable), "-I", "-S", "-B", "-c", code, *programs], check=True)

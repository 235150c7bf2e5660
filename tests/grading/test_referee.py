import sys
from types import ModuleType

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

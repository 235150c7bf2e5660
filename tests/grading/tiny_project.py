"""A real project of two files with one injected bug, made where the tests run."""

import difflib
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.layers import base_commit_of, instance_sandbox_spec
from repodojo.environments.sandbox import SandboxSpec
from repodojo.types import Instance

SOURCE = '''"""Arithmetic."""


def add(a, b):
    """Add."""
    return a + b


def clamp(value, low, high):
    """Keep a value between two bounds."""
    return max(low, min(value, high))
'''
BUG = ("max(low, min(value, high))", "max(low, min(value, low))")
VISIBLE = """from calc import add, clamp


def test_add():
    assert add(1, 2) == 3


def test_clamp_low():
    assert clamp(-1, 0, 9) == 0
"""
HIDDEN = """

def test_clamp_keeps_what_is_between():
    assert clamp(5, 0, 9) == 5


def test_clamp_high():
    assert clamp(99, 0, 9) == 9
"""
OTHER_TEST = """from calc import add


def test_add_negative():
    assert add(-1, -2) == -3
"""
_PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


class TinyProject(NamedTuple):
    """The instance and where it lives."""

    instance: Instance
    environments: Path
    spec: SandboxSpec


def diff(path: str, old: str, new: str) -> str:
    """Return a git diff of one file."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return f"diff --git a/{path} b/{path}\n" + "".join(lines)


def new_file(path: str, text: str) -> str:
    """Return a git diff that makes a file."""
    lines = text.splitlines(keepends=True)
    body = "".join("+" + line for line in lines)
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{len(lines)} @@\n{body}"


def fix(replacement: str = BUG[0]) -> str:
    """Return a patch that puts an expression in place of the buggy one."""
    return diff("calc/__init__.py", SOURCE.replace(*BUG), SOURCE.replace(BUG[0], replacement))


def build(root: Path) -> TinyProject:
    """Build the environment, the instance and its layer."""
    environment = root / "environments" / "calc-1.0"
    files = {
        "calc/__init__.py": SOURCE,
        "tests/test_clamp.py": VISIBLE + HIDDEN,
        "tests/test_other.py": OTHER_TEST,
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-x'\n",
        "README": "calc\n",
    }
    base = {**files, "calc/__init__.py": SOURCE.replace(*BUG), "tests/test_clamp.py": VISIBLE}
    write_tree(environment / "source", files)
    write_tree(root / "base", base)
    install_pytest(environment / "packages")
    prefix = "tests/test_clamp.py::"
    instance = Instance(
        instance_id="acme__calc-clamp",
        repo="acme/calc",
        version="1.0",
        base_commit=base_commit_of(root / "base"),
        problem_statement="clamp is wrong",
        patch=fix(),
        test_patch=diff("tests/test_clamp.py", VISIBLE, VISIBLE + HIDDEN),
        FAIL_TO_PASS=(f"{prefix}test_clamp_keeps_what_is_between", f"{prefix}test_clamp_high"),
        PASS_TO_PASS=(f"{prefix}test_add", f"{prefix}test_clamp_low"),
        environment="calc-1.0",
        test_files=("tests/test_clamp.py",),
    )
    spec = instance_sandbox_spec(instance, root / "environments", root / "layers")
    return TinyProject(instance, root / "environments", spec)


def write_tree(folder: Path, files: dict[str, str]) -> None:
    """Write text files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def install_pytest(folder: Path) -> None:
    """Copy the pytest that runs these tests, with its dependencies."""
    for name in _PACKAGES:
        found = distribution(name)
        for file in found.files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / file)

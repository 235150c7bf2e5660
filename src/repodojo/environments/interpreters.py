"""Python interpreters of this machine, and copies of them without packages that sandboxes can see.

Looked for: the one that runs this program, pyenv's, uv's, and those on the search path. A copy keeps the
standard library, the headers and the shared library; site-packages, bundled wheels and the interpreter's own
test suite stay behind, for a sandbox must not find a project's released code in them.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from repodojo.errors import BuildError
from repodojo.unfinished import unfinished

PREFIX_FILE = "prefix"
_SYSTEM = (Path("/usr"), Path("/usr/local"))
_ALONE = "/opt/interpreter"
_NAME = re.compile(r"python3\.\d+")
_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(getattr(sys, 'base_prefix', sys.prefix))"
_LEFT_OUT = frozenset({"site-packages", "dist-packages", "_bundled", "test", "idlelib", "turtledemo"})
_KEPT_TESTS = ("__init__.py", "support", "regrtest.py")
_ANSWER_S = 300
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Interpreter:
    """One Python of this machine."""

    version: tuple[int, int, int]
    executable: Path
    prefix: Path

    @property
    def short(self) -> str:
        """Return ``3.11``."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def full(self) -> str:
        """Return ``3.11.7``."""
        return ".".join(map(str, self.version))


@cache
def find_interpreters() -> tuple[Interpreter, ...]:
    """Return one interpreter for each minor version of Python 3, the newest first."""
    found: dict[tuple[int, int], Interpreter] = {}
    for path in _executables():
        interpreter = _ask(path)
        if interpreter is None or interpreter.version[0] != 3:
            continue
        known = found.get(interpreter.version[:2])
        if known is None or (known.prefix in _SYSTEM and interpreter.prefix not in _SYSTEM):
            found[interpreter.version[:2]] = interpreter
    return tuple(found[minor] for minor in sorted(found, reverse=True))


def get_interpreter(short: str, interpreters: Iterable[Interpreter]) -> Interpreter:
    """Return the interpreter of a version, minor such as ``3.8`` or full.

    Raises:
        BuildError: this machine has none; the message says what it has and how to get one.
    """
    known = list(interpreters)
    for interpreter in known:
        if short in (interpreter.short, interpreter.full):
            return interpreter
    have = ", ".join(interpreter.short for interpreter in known)
    raise BuildError(
        f"no_interpreter: Python {short} is not on this machine, found: {have}; "
        f"`uv python install {short}` or `pyenv install {short}` adds it"
    )


def copy_interpreter(interpreter: Interpreter, root: Path) -> Path:
    """Copy an interpreter without packages under ``root``, unless it is there; returns the copy's folder.

    It holds ``tree``, and a file `PREFIX_FILE` that says where sandboxes must see the tree.

    Raises:
        BuildError: its standard library is not where it must be.
    """
    target = root / interpreter.full
    with _LOCK:
        if not target.is_dir():
            root.mkdir(parents=True, exist_ok=True)
            temporary = unfinished(target)
            try:
                _copy(interpreter, temporary)
                temporary.rename(target)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    return target


def _copy(interpreter: Interpreter, folder: Path) -> None:
    name = f"python{interpreter.short}"
    library = interpreter.prefix / "lib" / name
    if not (library / "os.py").is_file():
        raise BuildError(f"no_interpreter: Python {interpreter.full}: {library} holds no standard library")
    tree = folder / "tree"
    (tree / "bin").mkdir(parents=True)
    shutil.copy2(interpreter.executable.resolve(), tree / "bin" / name)
    for link in ("python", "python3"):
        (tree / "bin" / link).symlink_to(name)
    shutil.copytree(library, tree / "lib" / name, symlinks=True, ignore=_ignore)
    for helper in _KEPT_TESTS:
        source, copy = library / "test" / helper, tree / "lib" / name / "test" / helper
        if source.is_dir():
            shutil.copytree(source, copy, ignore=_ignore)
        elif source.is_file():
            copy.parent.mkdir(exist_ok=True)
            shutil.copy2(source, copy)
    for shared in sorted((interpreter.prefix / "lib").glob("libpython*.so*")):
        shutil.copy2(shared, tree / "lib" / shared.name, follow_symlinks=False)
    headers = interpreter.prefix / "include" / name
    if headers.is_dir():
        shutil.copytree(headers, tree / "include" / name)
    alone = interpreter.prefix in _SYSTEM
    (folder / PREFIX_FILE).write_text(_ALONE if alone else str(interpreter.prefix))


def _ignore(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in _LEFT_OUT or name.endswith((".a", ".opt-1.pyc", ".opt-2.pyc"))]


def _executables() -> Iterator[Path]:
    yield Path(getattr(sys, "_base_executable", sys.executable))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    for folder in (pyenv, uv):
        yield from sorted(folder.glob("*/bin/python3"), reverse=True) if folder.is_dir() else ()
    for folder in map(Path, os.environ.get("PATH", "").split(os.pathsep)):
        if folder.is_dir() and folder.name != "shims":
            yield from sorted(path for path in folder.glob("python3.*") if _NAME.fullmatch(path.name))


def _ask(path: Path) -> Interpreter | None:
    """Ask a program which Python it is; None where it does not answer, or has no name of its own."""
    try:
        done = subprocess.run(
            [str(path), "-I", "-S", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
        version, prefix = done.stdout.splitlines()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    first, second, third = map(int, version.split("."))
    return Interpreter((first, second, third), path.resolve(), Path(prefix).resolve())

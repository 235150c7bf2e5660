"""Reads the interpreter's own library, to compare projects with it."""

import sysconfig
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from repodojo.instances.near_duplicates import (
    STANDARD_LIBRARY,
    Comparison,
    Shingles,
    compare_functions,
    shingle_functions,
)

_LEFT_OUT = frozenset(
    {"test", "tests", "idlelib", "site-packages", "dist-packages", "lib2to3", "turtledemo", "ensurepip"}
)


def read_library() -> dict[str, str]:
    """Read the library's modules, tests and tools left out."""
    root = Path(sysconfig.get_path("stdlib"))
    found = {}
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if not _LEFT_OUT.intersection(relative.parts):
            found[relative.as_posix()] = path.read_text(encoding="utf-8", errors="replace")
    return found


class Library:
    """The shingles of all projects and of the standard library, made once, when first asked for."""

    def __init__(
        self,
        sources: Mapping[str, Mapping[str, str]],
        read: Callable[[], Mapping[str, str]] = read_library,
    ) -> None:
        """Hold the projects' modules, text by path by project, and what reads the library's."""
        self._sources = sources
        self._read = read
        self._lock = threading.Lock()
        self._shingles: dict[str, Shingles] = {}

    def compare(self, project: str) -> Comparison:
        """Compare a project with the other projects and the standard library."""
        with self._lock:
            if not self._shingles:
                everything = {**self._sources, STANDARD_LIBRARY: self._read()}
                self._shingles = {name: shingle_functions(modules) for name, modules in everything.items()}
        others = {name: shingles for name, shingles in self._shingles.items() if name != project}
        return compare_functions(project, self._shingles[project], others)

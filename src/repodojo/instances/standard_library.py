"""Reads the interpreter's own library, to compare projects with it."""

import sysconfig
import threading
from collections.abc import Mapping
from functools import cache
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
_LOCK = threading.Lock()


def compare_project(name: str, sources: Mapping[str, Mapping[str, str]]) -> Comparison:
    """Compare a project with the other projects and the standard library."""
    others = {
        other: shingle_functions(modules) for other, modules in sorted(sources.items()) if other != name
    }
    with _LOCK:
        library = _library_shingles()
    return compare_functions(name, shingle_functions(sources[name]), {**others, STANDARD_LIBRARY: library})


def read_library() -> dict[str, str]:
    """Read the library's modules, tests and tools left out."""
    root = Path(sysconfig.get_path("stdlib"))
    found = {}
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if not _LEFT_OUT.intersection(relative.parts):
            found[relative.as_posix()] = path.read_text(encoding="utf-8", errors="replace")
    return found


@cache
def _library_shingles() -> Shingles:
    return shingle_functions(read_library())

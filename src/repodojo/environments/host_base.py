"""Decides what of the host a sandbox sees, read-only: programs and libraries, never packages or settings.

Hidden on purpose: every installed Python package (a sandbox must not hold the released, repaired version of
the project it works on), pip's wheels, ``/usr/local`` (unless the interpreter lives there), home folders.
"""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PYTHON_FOLDER = "/opt/python"
SEARCH_PATH = f"{PYTHON_FOLDER}:/usr/local/bin:/usr/bin:/bin"
_PROGRAMS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_PACKAGES = ("site-packages", "dist-packages", "ensurepip/_bundled")
_FILES = {
    "/etc/passwd": "dojo:x:1000:1000::/home/dojo:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": "dojo:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/gitconfig": "[user]\n\tname = dojo\n\temail = dojo@example.invalid\n[safe]\n\tdirectory = *\n"
    "[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n",
}


@dataclass(frozen=True)
class HostBase:
    """The read-only part of a sandbox's file system."""

    trees: tuple[tuple[str, str], ...]
    """Source on the host, and where it is seen."""
    masks: tuple[str, ...]
    """Paths that show nothing."""
    links: tuple[tuple[str, str], ...]
    """Path and target of symbolic links."""
    files: dict[str, str]
    """Path and text of small files."""


@cache
def host_base() -> HostBase:
    """Describe this host, with the interpreter that runs this program."""
    interpreter = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    prefix = Path(sys.base_prefix).resolve()
    trees = [("/usr", "/usr")]
    links = []
    for name in _PROGRAMS:
        path = Path(name)
        if path.is_symlink():
            links.append((name, str(path.readlink())))
        elif path.is_dir():
            trees.append((name, name))
    trees += [(name, name) for name in _SETTINGS if Path(name).exists()]
    if not prefix.is_relative_to("/usr"):
        trees.append((str(prefix), str(prefix)))
    links += [
        (f"{PYTHON_FOLDER}/{name}", str(interpreter)) for name in ("python", "python3", interpreter.name)
    ]
    links.append(("/dev/fd", "/proc/self/fd"))
    links += [(f"/dev/{name}", f"/proc/self/fd/{n}") for n, name in enumerate(("stdin", "stdout", "stderr"))]
    return HostBase(tuple(trees), _package_folders(prefix), tuple(dict.fromkeys(links)), _FILES)


def _package_folders(prefix: Path) -> tuple[str, ...]:
    found = {Path("/usr/share/python-wheels")}
    roots = {prefix, Path("/usr")}
    if prefix.is_relative_to("/usr/local"):
        roots.add(Path("/usr/local"))
    else:
        found.add(Path("/usr/local"))
    for root in roots:
        for library in root.glob("lib*/python*"):
            found.update(library / name for name in _PACKAGES)
    found = {path for path in found if path.exists()}
    return tuple(sorted(str(path) for path in found))

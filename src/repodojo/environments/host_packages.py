"""Debian packages of this host that sandboxes ask for: whether they are there, and which files show them.

Nothing is installed here: what lacks is named with the command that adds it. A package is shown with all that
it depends on, but without documentation and without anything of a Python, which may hold a project's released
code.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.host_base import host_base
from repodojo.errors import BuildError, LackingPackagesError

_ANSWER_S = 120
_STATUS = Path("/var/lib/dpkg/status")
_FIELDS = "\\t".join(
    (
        "${Package}",
        "${db:Status-Status}",
        "${Priority}",
        "${Version}",
        "${Pre-Depends}, ${Depends}",
        "${Provides}\\n",
    )
)
_IN_THE_BASE = ("required", "important")
"""Packages of these priorities are on every host: the base shows what a sandbox needs of them."""
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_SETTINGS = Path("/etc")
_FOLDERS = (*map(Path, ("/usr/lib", "/usr/libexec", "/usr/share", "/usr/include", "/usr/games")), _SETTINGS)
"""Of a file in one of them the whole folder below is shown; settings unless this host has its own there."""
_PROGRAM_FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin")
_HARMLESS = ("fonts",)
"""Settings that may hold more than packages brought."""
_NOT_SHOWN = re.compile(
    r"/usr/share/(?:doc|doc-base|man|info|lintian|bug|bash-completion|zsh|menu|applications|pixmaps|icons)(?:/|$)"
    r"|/(?:python|pypy)[^/]*(?:/|$)|/(?:dist|site)-packages(?:/|$)|/(?:cron|init|sudoers|pam)\.d/"
)
_INSTALL = "apt-get update && apt-get install --yes --no-install-recommends"


class _Package(NamedTuple):
    priority: str
    version: str
    depends: str
    provides: str


def packages_state() -> str:
    """Return a digest that changes with every package that this host gains or loses."""
    return hashlib.sha256(_STATUS.read_bytes()).hexdigest()[:16] if _STATUS.is_file() else ""


def host_packages(names: Sequence[str]) -> tuple[str, ...]:
    """Return each package as ``name=version``.

    Raises:
        LackingPackagesError: this host has not all of them; the message holds the command that adds them.
        BuildError: this host is no Debian.
    """
    if not names:
        return ()
    known = _installed()
    if lacking := tuple(name for name in sorted(set(names)) if name not in known):
        raise LackingPackagesError(
            f"no_system_package: this host lacks {', '.join(lacking)}; as root, "
            f"`{_INSTALL} {' '.join(lacking)}` adds them; the Docker backend adds them by itself",
            lacking,
        )
    return tuple(f"{name}={known[name].version}" for name in sorted(set(names)))


@cache
def package_trees(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files and folders that must be shown, beside the base, for packages to work.

    Raises:
        BuildError: as `host_packages` does.
    """
    if not names:
        return ()
    host_packages(names)
    base = [Path(tree) for tree in host_base().trees]
    files = _files(names)
    tops = {top for file in files for top in _tops(file, files) if not _is_below(top, base)}
    return tuple(map(str, sorted(top for top in tops if tops.isdisjoint(top.parents))))


@cache
def package_programs(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the programs of packages and of all that they depend on, by name."""
    if not names:
        return ()
    return tuple(sorted({file.name for file in _files(names) if str(file.parent) in _PROGRAM_FOLDERS}))


@cache
def _files(names: tuple[str, ...]) -> frozenset[Path]:
    """Return the files of packages and of all that they depend on."""
    return frozenset(map(Path, _ask("-L", *sorted(_with_dependencies(names))).splitlines()))


def _tops(file: Path, files: Collection[Path]) -> Iterator[Path]:
    """Yield the folder or file to show for a file; nothing where it stays hidden."""
    if _NOT_SHOWN.search(str(file)) or file.is_dir():
        return
    for folder in _FOLDERS:
        if folder in file.parents:
            top = folder / file.relative_to(folder).parts[0]
            if folder != _SETTINGS or top.name in _HARMLESS or _holds_only(top, files):
                yield folder if folder.name == "include" else top


def _holds_only(top: Path, files: Collection[Path]) -> bool:
    """Whether everything below a folder is of the packages, and nothing this host's own."""
    return all(path in files for path in top.rglob("*"))


def _is_below(path: Path, trees: Collection[Path]) -> bool:
    return path in trees or any(tree in path.parents for tree in trees)


def _with_dependencies(names: Sequence[str]) -> set[str]:
    """Return the packages and all that they depend on, of what is installed beside the base."""
    known = _installed()
    providers: dict[str, list[str]] = {}
    for provider, each in known.items():
        for virtual in _named(each.provides):
            providers.setdefault(virtual, []).append(provider)
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        package = known.get(name)
        if package is None:
            waiting += [other for other in providers.get(name, ()) if other not in found]
        elif name not in found and package.priority not in _IN_THE_BASE:
            found.add(name)
            waiting += _named(package.depends)
    return found


def _named(relations: str) -> list[str]:
    """Return the names in a field of relations, without versions and architectures."""
    return _NAME.findall(re.sub(r"\([^)]*\)|:\w+", "", relations))


def _installed() -> dict[str, _Package]:
    rows = (line.split("\t") for line in _ask("-W", "-f", _FIELDS).splitlines())
    return {row[0]: _Package(*row[2:]) for row in rows if len(row) == 6 and row[1] == "installed"}


def _ask(*arguments: str) -> str:
    program = shutil.which("dpkg-query")
    if program is None:
        raise BuildError(
            "no_system_package: this host has no dpkg-query, so its system packages are not known; "
            "the Docker backend (`--env docker`) adds packages to its image"
        )
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=_ANSWER_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"no_system_package: dpkg-query did not answer in {_ANSWER_S} s") from error
    return done.stdout

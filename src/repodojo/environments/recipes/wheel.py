"""Builds a project's wheel in a sandbox without network, and reads what the build added to the sources.

The wheel of a clone is thrown away: its metadata go beside the packages, and files that the build wrote (a
version module, a compiled extension) go where the sources of the package lie.
"""

import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.parser import Parser
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.git_objects import Tree
from repodojo.environments.host_base import SEARCH_PATH
from repodojo.environments.recipes.project_files import LEGACY_BACKEND, ProjectFile
from repodojo.environments.sandbox import Mount, Sandboxes, SandboxSpec
from repodojo.errors import BuildError, SandboxError

_PROGRAM, _ORDERS, _TARGET, _BUILD_PACKAGES = "/opt/builder", "/tmp/build.json", "/tmp/wheel", "/opt/build"  # noqa: S108
_BUILD_S = 1800.0
_LIST_S = 60.0
_MOST_ADDED = 64 << 20
_DIST_INFO = re.compile(r"([^/]+)\.dist-info/(.+)")
_KEPT_METADATA = ("METADATA", "entry_points.txt", "top_level.txt", "WHEEL")


class WheelFile(NamedTuple):
    """A wheel as its builder named it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Built:
    """What a build says and adds."""

    version: str = ""
    requires: tuple[str, ...] = ()
    """``Requires-Dist``, with the markers of extras."""
    extras: tuple[str, ...] = ()
    metadata: Mapping[str, bytes] = field(default_factory=dict)
    """Files of the ``.dist-info`` folder, by path."""
    added: Mapping[str, bytes] = field(default_factory=dict)
    """Files that the wheel holds and the sources do not, by their path among the sources."""


def build_requirements(project: ProjectFile, tree: Tree) -> tuple[str, ...]:
    """Return what must be there to build a project.

    Raises:
        BuildError: it has no files that say how it is built.
    """
    if project.build_backend:
        return project.build_requires
    if "setup.py" in tree or "setup.cfg" in tree:
        return ("setuptools", "wheel")
    raise BuildError("no_build: neither pyproject.toml nor setup.py says how it is built")


def build_wheel(
    sandboxes: Sandboxes, spec: SandboxSpec, project: ProjectFile, packages: Path, version: str
) -> WheelFile:
    """Build the wheel of the sources that ``spec`` shows.

    Args:
        sandboxes: the backend.
        spec: sources and interpreter, without the project's packages.
        project: names the build backend.
        packages: folder of what the backend needs.
        version: told to backends that ask the history, which is not there.

    Raises:
        BuildError: the backend failed; the message ends with what it printed.
    """
    mounts = (
        *spec.mounts,
        Mount(Path(__file__).parents[1] / "inside", _PROGRAM),
        Mount(packages, _BUILD_PACKAGES),
    )
    told = {
        name: version
        for name in (
            "SETUPTOOLS_SCM_PRETEND_VERSION",
            "PBR_VERSION",
            "PDM_BUILD_SCM_VERSION",
            "POETRY_DYNAMIC_VERSIONING_BYPASS",
            "UV_DYNAMIC_VERSIONING_BYPASS",
        )
    }
    search = f"{_BUILD_PACKAGES}/bin:{spec.environment.get('PATH', SEARCH_PATH)}"
    environment = {**spec.environment, **told, "PYTHONPATH": "", "PATH": search}
    spec = SandboxSpec(spec.layers, spec.workdir, mounts, environment, spec.limits)
    orders = {
        "backend": project.build_backend or LEGACY_BACKEND,
        "backend_path": project.backend_path,
        "packages": [_BUILD_PACKAGES],
        "target": _TARGET,
    }
    try:
        with sandboxes.start(spec) as sandbox:
            sandbox.write(_ORDERS, json.dumps(orders).encode())
            done = sandbox.run(f"exec python -s {_PROGRAM}/build_wheel.py {_ORDERS} 2>&1", _BUILD_S)
            listed = sandbox.run(f"cd {_TARGET} && ls *.whl", _LIST_S).text.split()
            if done.exit_code != 0 or not listed:
                raise BuildError(f"does_not_build: {' '.join(done.text.split())[-500:]}")
            return WheelFile(listed[0], sandbox.read(f"{_TARGET}/{listed[0]}"))
    except SandboxError as error:
        raise BuildError(f"does_not_build: {error}") from error


def read_wheel(content: bytes, tree: Tree) -> Built:
    """Read a wheel: its metadata, and its files that the sources do not hold.

    Raises:
        BuildError: it is no wheel, or holds a path that leads outside.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = sum(info.file_size for info in archive.infolist())
            if sizes > 8 * _MOST_ADDED:
                raise BuildError(f"does_not_build: the wheel unpacks to {sizes} bytes")
            files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except (zipfile.BadZipFile, OSError) as error:
        raise BuildError(f"does_not_build: not a wheel ({error})") from error
    tops = {"/".join(path.split("/")[:depth]) for path in tree for depth in (1, 2)}
    metadata: dict[str, bytes] = {}
    added: dict[str, bytes] = {}
    for name, data in files.items():
        if name.startswith("/") or ".." in name.split("/"):
            raise BuildError(f"does_not_build: the wheel holds {name!r}")
        found = _DIST_INFO.fullmatch(name)
        if found:
            metadata |= {name: data} if found[2] in _KEPT_METADATA else {}
        elif ".data/" not in name and not name.endswith((".pyc", ".pth")):
            home = _home(name, tree, tops)
            if home is not None:
                added[home] = data
    text = next((data for name, data in metadata.items() if name.endswith("/METADATA")), b"")
    head = Parser().parsestr(text.decode(errors="replace"), headersonly=True)
    return Built(
        version=head.get("Version", ""),
        requires=tuple(head.get_all("Requires-Dist", [])),
        extras=tuple(head.get_all("Provides-Extra", [])),
        metadata=metadata,
        added=added if sum(map(len, added.values())) <= _MOST_ADDED else {},
    )


def _home(name: str, tree: Tree, tops: Collection[str]) -> str | None:
    """Return where a wheel's file belongs among the sources; None where it is there, or nowhere.

    ``tops`` are the first and the first two parts of the sources' paths.
    """
    top = name.partition("/")[0]
    for folder in ("src/", "lib/", ""):
        if f"{folder}{top}" in tops:
            return None if f"{folder}{name}" in tree else f"{folder}{name}"
    return name if "/" not in name and name.endswith((".py", ".so")) else None

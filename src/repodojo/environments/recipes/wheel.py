"""Builds a project's wheel in a sandbox without network, and reads what the build added to the sources.

The wheel of a clone is thrown away: its metadata go beside the packages, and files that the build wrote (a
version module, a compiled extension) go where the sources of the package lie.
"""

import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from email.parser import Parser
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.git_objects import Tree
from repodojo.environments.host_base import SEARCH_PATH
from repodojo.environments.recipes.environment_records import SANDBOX
from repodojo.environments.recipes.install_commands import run_commands
from repodojo.environments.recipes.project_files import LEGACY_BACKEND, ProjectFile
from repodojo.environments.sandbox import Mount, Sandbox, Sandboxes, SandboxSpec
from repodojo.errors import BuildError, SandboxError

_PROGRAM, _ORDERS, _TARGET, _BUILD_PACKAGES = "/opt/builder", "/tmp/build.json", "/tmp/wheel", "/opt/build"  # noqa: S108
_VERSION_VARIABLES = (
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "PBR_VERSION",
    "PDM_BUILD_SCM_VERSION",
    "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "UV_DYNAMIC_VERSIONING_BYPASS",
)
BUILD_S = 600.0
"""Pure Python builds in seconds, C extensions in minutes."""
OUT_OF_TIME = "does_not_build: timeout"
"""How the fault of a build begins that was not done after `BUILD_S`; one more try may take as long."""
_LIST_S = 60.0
_NO_BUILD = "no_build: neither pyproject.toml nor setup.py says how it is built"
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
    """Files that the wheel holds, or commands added, and the sources do not, by their path among these."""
    programs: frozenset[str] = frozenset()
    """Those of the added that may be executed."""
    fault: str = ""
    """Why there is no wheel, though commands added files."""


def build_requirements(project: ProjectFile, tree: Tree) -> tuple[str, ...]:
    """Return what must be there to build a project.

    Raises:
        BuildError: it has no files that say how it is built.
    """
    if project.build_backend:
        return project.build_requires
    if "setup.py" in tree or "setup.cfg" in tree:
        return ("setuptools", "wheel")
    raise BuildError(_NO_BUILD)


class BuildOrders(NamedTuple):
    """What is built of the sources that a sandbox shows."""

    project: ProjectFile | None
    """Names the build backend; None where nothing says how the sources are built."""
    packages: Path
    """Folder of what the backend needs."""
    version: str
    """Told to backends that ask the history, which is not there."""
    commands: tuple[str, ...] = ()
    """Run before."""


class Outcome(NamedTuple):
    """What a build left."""

    wheel: WheelFile | None
    fault: str
    """Why there is no wheel."""
    written: bytes
    """What the commands wrote, as a tar; empty without commands."""


def build_wheel(sandboxes: Sandboxes, spec: SandboxSpec, orders: BuildOrders) -> Outcome:
    """Run commands and build the wheel of the sources that ``spec`` shows, without the project's packages.

    Raises:
        BuildError: a command failed; the message ends with what it printed.
    """
    program = Mount(Path(__file__).parents[1] / "inside", _PROGRAM)
    mounts = (*spec.mounts, program, Mount(orders.packages, _BUILD_PACKAGES))
    told = dict.fromkeys(_VERSION_VARIABLES, orders.version)
    search = f"{_BUILD_PACKAGES}/bin:{spec.environment.get('PATH', SEARCH_PATH)}"
    environment = {**spec.environment, **told, "PYTHONPATH": "", "PATH": search}
    try:
        with sandboxes.start(replace(spec, mounts=mounts, environment=environment)) as sandbox:
            written = run_commands(sandbox, orders.commands, _BUILD_PACKAGES) if orders.commands else b""
            if orders.project is None:
                return Outcome(None, _NO_BUILD, written)
            return Outcome(*_run_backend(sandbox, orders.project), written)
    except SandboxError as error:
        raise BuildError(f"{SANDBOX}: {error}") from error


def _run_backend(sandbox: Sandbox, project: ProjectFile) -> tuple[WheelFile | None, str]:
    """Have the backend build; returns the wheel, or None and the end of what it printed."""
    orders = {
        "backend": project.build_backend or LEGACY_BACKEND,
        "backend_path": project.backend_path,
        "packages": [_BUILD_PACKAGES],
        "target": _TARGET,
    }
    sandbox.write(_ORDERS, json.dumps(orders).encode())
    done = sandbox.run(f"exec python -s {_PROGRAM}/build_wheel.py {_ORDERS} 2>&1", BUILD_S)
    said = " ".join(done.text.split())[-500:]
    if done.timed_out:
        return None, f"{OUT_OF_TIME}: not done after {BUILD_S:g} s: {said}"
    listed = sandbox.run(f"cd {_TARGET} && ls *.whl", _LIST_S).text.split()
    if done.exit_code != 0 or not listed:
        return None, f"does_not_build: {said}"
    return WheelFile(listed[0], sandbox.read(f"{_TARGET}/{listed[0]}")), ""


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

"""Resolves and installs packages as of a date with uv; nothing but wheels, so no package's code runs here.

The date bounds every package, but for those that have no wheel from before it: some were deleted and uploaded
again later, some were published as sources alone. They are taken as they are today, and named. Before
mid-2019 pytest and what it needs are taken as of then, since older releases do not say in a readable form
what each test did.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

from repodojo.environments.interpreters import Interpreter
from repodojo.environments.recipes.environment_records import NETWORK
from repodojo.environments.recipes.requirement_lines import parse_requirement
from repodojo.errors import BuildError

OLDEST_PYTEST = datetime(2019, 9, 1, tzinfo=UTC)
_PYTEST_NEEDS = (
    "pytest", "pluggy", "attrs", "more-itertools", "packaging", "py", "wcwidth", "atomicwrites",
    "importlib-metadata", "zipp", "pyparsing", "six", "configparser", "contextlib2", "pathlib2",
)  # fmt: skip
_TIMEOUT_S = 1800
"""A busy machine must not change what is found."""
_UNREACHED = re.compile(
    r"error sending request|tcp connect error|dns error|Connection re(?:fused|set)|operation timed out|"
    r"Network is unreachable",
    re.IGNORECASE,
)
"""How uv says that it did not reach an index, which says nothing of what was asked for."""
_MOST_TRIES = 8
_UNOBTAINABLE = re.compile(
    r"([A-Za-z0-9][\w.-]*) was not found in the package registry"
    r"|Wheels are required for `([^`]+)`"
)
_NO_FILE = re.compile(
    r"(?:all versions of|no versions of) ([A-Za-z0-9][\w.-]*)"
    r"|([A-Za-z0-9][\w.-]*?)(?:[<>=!~]=?[^\s]+)+ has no (?:usable )?wheels"
)
_COMPILE = ("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-config")
_NOT_COMPILED = "/tests?/"
"""Packages' own tests: most of the code of some, and imported by nobody here."""
_PASSED_ON = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_CERT": "SSL_CERT_FILE"}
_OLD_PYTEST = re.compile(r"^pytest==[0-4]\.", re.MULTILINE)


def find_uv() -> str:
    """Return the path of uv.

    Raises:
        BuildError: it is not installed.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if found is None:
        raise BuildError(
            f"no_uv: environments of clones need uv; `{sys.executable} -m pip install uv` brings it"
        )
    return found


def unobtainable_packages(message: str) -> frozenset[str]:
    """Return the names that uv said no index has, or has as sources alone."""
    return frozenset(canonicalize_name(a or b) for a, b in _UNOBTAINABLE.findall(message))


class Resolved(NamedTuple):
    """Pins that satisfy some requirements."""

    pins: tuple[str, ...]
    """Each ``name==version``."""
    undated: tuple[str, ...] = ()
    """Packages that have no usable wheel of that time, taken as they are today."""


def resolve(
    requirements: Sequence[str],
    interpreter: Interpreter,
    date: datetime,
    own: str = "",
    wheels: Path | None = None,
) -> Resolved:
    """Return pins that satisfy the requirements, none uploaded after ``date`` unless it must be.

    Args:
        requirements: as in a requirements file.
        interpreter: for which they are.
        date: bounds the upload of every file, but for packages that have no wheel from before it.
        own: the project itself, of which nothing later is ever taken.
        wheels: folder of wheels that count as well.

    Raises:
        BuildError: there is no such set; the message is uv's own. Or a requirement is no package's.
    """
    requirements = _packages_alone(requirements)
    undated: set[str] = set()
    overrides: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    for _ in range(_MOST_TRIES) if requirements else ():
        try:
            pins = _compile(requirements, interpreter, date, overrides, undated, wheels)
        except BuildError as error:
            lacking = {canonicalize_name(a or b) for a, b in _NO_FILE.findall(str(error))}
            lacking -= {canonicalize_name(own or "-"), *undated}
            if not lacking:
                raise
            undated |= lacking
            continue
        if not _OLD_PYTEST.search("\n".join(pins)):
            break
        overrides = ("pytest>=5",)
    names = {pin.partition("==")[0] for pin in pins}
    return Resolved(pins, tuple(sorted(undated & names)))


def choose_version(requirements: Sequence[str], interpreter: Interpreter, date: datetime) -> str:
    """Return the pin of a package, wheels or not, that satisfies requirements which all name it.

    Without dependencies uv asks for no metadata, so that it has nothing to build.

    Raises:
        BuildError: no version does.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.in")
        wanted.write_text("\n".join(_packages_alone(requirements)), encoding="utf-8")
        command = [*_COMPILE, "--no-deps", "--python", str(interpreter.executable)]
        pins = _pins(run_uv([*command, "--exclude-newer", _stamp(date), str(wanted)], "does_not_resolve"))
    if not pins:
        raise BuildError(f"does_not_resolve: nothing of {', '.join(requirements)} is for this Python")
    return pins[0]


def _packages_alone(requirements: Sequence[str]) -> list[str]:
    """Return requirements without what else uv takes in such a file: options, files and addresses."""
    parsed = {line: parse_requirement(line) for line in requirements}
    if other := next((line for line, requirement in parsed.items() if requirement is None), None):
        raise BuildError(f"does_not_resolve: expected packages with versions, found {other[:80]!r}")
    return [str(parsed[line]) for line in requirements]


def _compile(
    requirements: Sequence[str],
    interpreter: Interpreter,
    date: datetime,
    overrides: Sequence[str],
    undated: Collection[str],
    wheels: Path | None,
) -> tuple[str, ...]:
    dates = dict.fromkeys(_PYTEST_NEEDS, OLDEST_PYTEST) if date < OLDEST_PYTEST else {}
    dates |= dict.fromkeys(sorted(undated), datetime.now(UTC))
    with tempfile.TemporaryDirectory() as folder:
        wanted, instead = Path(folder, "requirements.in"), Path(folder, "overrides.txt")
        wanted.write_text("\n".join(requirements), encoding="utf-8")
        instead.write_text("\n".join(overrides), encoding="utf-8")
        command = [*_COMPILE, "--no-build", "--python", str(interpreter.executable), *_links(wheels)]
        command += ["--exclude-newer", _stamp(date)]
        command += ["--overrides", str(instead)] if overrides else []
        for name, bound in dates.items():
            command += ["--exclude-newer-package", f"{name}={_stamp(bound)}"]
        return _pins(run_uv([*command, str(wanted)], "does_not_resolve"))


def _pins(printed: str) -> tuple[str, ...]:
    return tuple(sorted(line.split(" ;")[0].strip() for line in printed.splitlines() if "==" in line))


def _links(wheels: Path | None) -> list[str]:
    return ["--find-links", str(wheels)] if wheels is not None and wheels.is_dir() else []


def install(pins: Sequence[str], interpreter: Interpreter, folder: Path, wheels: Path | None = None) -> None:
    """Install exactly these wheels into a folder, with bytecode; scripts and ``.pth`` files stay out.

    A script's first line names an interpreter of this machine, which no sandbox has. Compiled programs stay:
    a build backend may be one (``uv_build``).

    Args:
        pins: each ``name==version``.
        interpreter: for which they are.
        folder: to hold them.
        wheels: folder of wheels that count as well.

    Raises:
        BuildError: uv failed.
    """
    command = ["pip", "install", "--quiet", "--no-deps", "--no-build", "--no-config", "--link-mode", "copy"]
    command += ["--python", str(interpreter.executable), "--target", str(folder), *_links(wheels)]
    folder.mkdir(parents=True, exist_ok=True)
    if pins:
        run_uv([*command, *pins], "does_not_install")
    scripts = (path for path in folder.glob("bin/*") if path.is_file() and path.read_bytes()[:2] == b"#!")
    for path in (*folder.glob("*.pth"), *folder.glob(".lock"), *scripts):
        path.unlink()
    mode = [] if interpreter.version < (3, 7) else ["--invalidation-mode", "unchecked-hash"]
    compile_all = [str(interpreter.executable), "-I", "-S", "-m", "compileall", "-q", "-x", _NOT_COMPILED]
    with suppress(subprocess.TimeoutExpired):  # what is not compiled is only slower
        subprocess.run(
            [*compile_all, *mode, "."], cwd=folder, capture_output=True, timeout=_TIMEOUT_S, check=False
        )


def run_uv(arguments: Sequence[str], reason: str) -> str:
    """Run uv and return what it prints.

    Raises:
        BuildError: it failed; the message starts with ``reason``.
    """
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("PYTHONPATH", None)
    for pip_name, uv_name in _PASSED_ON.items():
        if pip_name in environment:
            environment.setdefault(uv_name, environment[pip_name])
    try:
        done = subprocess.run(
            [find_uv(), *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{reason}: uv did not end in {_TIMEOUT_S} s") from error
    if done.returncode:
        said = " ".join(re.sub(r"[×╰─▶│]", " ", done.stderr).split())
        if _UNREACHED.search(said):
            reason = f"{NETWORK}: {reason}"
        raise BuildError(f"{reason}: {said[-600:]}")
    return done.stdout


def _stamp(date: datetime) -> str:
    """Return the end of the date's day: files of that day count."""
    day = date.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return day.strftime("%Y-%m-%dT%H:%M:%SZ")

"""A pinned project of the package index: what conf says of it, and its files, fetched and checked."""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from repodojo.errors import BuildError
from repodojo.types import Split
from repodojo.unfinished import unfinished

_FETCH_S = 600

Pin = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][^=\s]*==[^=\s]")]
"""A package as ``name==version``."""


def _within(path: str) -> str:
    if not path or path.startswith("/") or ".." in Path(path).parts:
        raise ValueError("expected a path relative to the project and in it")
    return path


class Project(BaseModel):
    """One project, as a source distribution that ships its tests."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    """As the package index spells it."""
    version: str = Field(pattern=r"^[A-Za-z0-9.+!_-]+$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the source distribution."""
    licence: str
    """SPDX identifier; none that forbids showing or changing the code."""
    repo: str = Field(pattern=r"^[^/\s]+/[^/\s]+$")
    """``owner/repo`` of its origin."""
    split: Split
    tests: tuple[Annotated[str, AfterValidator(_within)], ...] = Field(min_length=1)
    """Folders or files of tests, relative to the project."""
    requirements: tuple[Pin, ...] = ()
    """Pinned packages that it or its tests need, beside the common ones."""

    @property
    def environment(self) -> str:
        """Name of its environment."""
        return f"{self.name}-{self.version}"

    @property
    def slug(self) -> str:
        """``owner__repo``, as instance ids start."""
        return self.repo.replace("/", "__")


def fetch_sdists(projects: Sequence[Project], folder: Path) -> None:
    """Fetch the archives that are not there yet, in one process that asks the index pip is set up for.

    Raises:
        BuildError: the index cannot be read.
    """
    owed = [project for project in projects if not archive_of(project, folder).is_file()]
    if not owed:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _folder_beside(folder / "fetched") as temporary:
        fetched = fetch_archives([f"{project.name}=={project.version}" for project in owed], temporary)
        for project, archive in zip(owed, fetched, strict=True):
            if archive:
                archive.replace(archive_of(project, folder))


def fetch_archives(pins: Sequence[str], folder: Path) -> list[Path | None]:
    """Fetch the source distribution of each ``name==version`` into a folder; None where the index has none.

    Raises:
        BuildError: the index cannot be read.
    """
    command = [sys.executable, "-m", "repodojo.environments.fetch_sdists", str(folder), *pins]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"fetching {', '.join(pins)}: pip did not end in {_FETCH_S} s") from error
    if done.returncode:
        raise BuildError(
            f"fetching {', '.join(pins)}: {done.stderr.strip()[-800:] or 'pip failed'}; "
            f"is the package index reachable (`{sys.executable} -m pip config list`)?"
        )
    names = [json.loads(line) for line in done.stdout.splitlines()]
    return [folder / name if name else None for name in names]


def archive_of(project: Project, folder: Path) -> Path:
    """Return where a project's archive lies."""
    return folder / f"{project.environment}.tar.gz"


def check_archive(project: Project, archive: Path) -> None:
    """Compare an archive's hash with the one that conf holds.

    Raises:
        BuildError: it is missing, or its hash is another one.
    """
    if not archive.is_file():
        raise BuildError(
            f"{project.environment}: the package index has no .tar.gz source distribution of this version; "
            f"take another version, or put the archive at {archive}"
        )
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != project.sha256:
        raise BuildError(
            f"{project.environment}: {archive} has sha256 {found}, expected {project.sha256}; "
            f"delete the file to fetch it again, or mend 'sha256' of the project in parameters_env_build.yml"
        )


def unpack_sdist(what: str, archive: Path, target: Path) -> None:
    """Unpack an archive's one top folder to ``target``, without bytecode.

    Raises:
        BuildError: starting with ``what``; the archive is broken, or holds what it must not (a path or link
            that leads outside, a device).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _folder_beside(target) as temporary:
        try:
            with tarfile.open(archive, "r:gz") as tar:
                tar.extractall(temporary, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BuildError(f"{what}: cannot unpack {archive}: {error}") from error
        tops = list(temporary.iterdir())
        if len(tops) != 1 or not tops[0].is_dir():
            names = ", ".join(sorted(top.name for top in tops)[:5])
            raise BuildError(f"{what}: {archive} should hold one folder, found: {names or 'nothing'}")
        for path in [*tops[0].rglob("__pycache__"), *tops[0].rglob(".git")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in tops[0].rglob("*.pyc"):
            path.unlink()
        shutil.rmtree(target, ignore_errors=True)
        tops[0].rename(target)


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    folder = unfinished(path)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""The folder of clones: which repositories it holds, and the rows of published sets beside them."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from repodojo.environments.recipes.recipe import Recipe
from repodojo.errors import InputError
from repodojo.instances.sources.clone import Clone, open_clone
from repodojo.instances.sources.row import Found, merge
from repodojo.instances.sources.sets import is_set, read_set

_NO_NAME = re.compile(r"[^\w.-]", re.ASCII)


@dataclass(frozen=True)
class ClonedRepository:
    """A clone in the folder of clones."""

    repo: str
    """``owner/repo``, of its first remote; ``local/<folder>`` without one."""
    path: Path
    head: str
    state: str
    """Digest of all that can change without the head: other refs, and which objects are there."""

    @property
    def slug(self) -> str:
        """``owner__repo``, as instance ids start."""
        return self.repo.replace("/", "__")


@dataclass(frozen=True)
class Clones:
    """What instances are mined from."""

    repositories: tuple[ClonedRepository, ...]
    recipes: tuple[Recipe, ...]
    """Written by hand."""
    published: Found
    """Rows of the sets that lie beside the clones, and of those that the catalog names."""


def find_clones(folder: Path) -> list[ClonedRepository]:
    """Return the clones and mirrors in a folder, sorted by name; none where it does not exist.

    Raises:
        InputError: two are of the same repository, or one has no commit.
    """
    found: dict[str, ClonedRepository] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not _is_clone(path):
            continue
        clone = open_clone(path)
        repo = clone.name() or f"local/{_NO_NAME.sub('-', path.name.removesuffix('.git'))}"
        if repo in found:
            raise InputError(f"{path} and {found[repo].path} are both clones of {repo}; keep one")
        found[repo] = ClonedRepository(repo, path, clone.text("rev-parse", "HEAD"), _state(clone))
    return list(found.values())


def _state(clone: Clone) -> str:
    told = clone.run("for-each-ref") + clone.run("count-objects", "-v")
    return hashlib.sha256(told).hexdigest()[:16]


def find_published(folder: Path) -> Found:
    """Read the sets that lie beside the clones: files of rows, task folders of Harbor and SWE-bench 5.

    Raises:
        InputError: a file is not readable at all.
    """
    return merge(read_set(path) for path in list_published(folder))


def list_published(folder: Path) -> list[Path]:
    """Return the sets that lie beside the clones; none where there is no folder."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.name != ".git" and not _is_clone(path) and is_set(path)]


def _is_clone(path: Path) -> bool:
    return path.name != ".git" and ((path / ".git").exists() or (path / "HEAD").is_file())

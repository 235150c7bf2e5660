"""What a repository says, at one commit, about how it is built and tested; nothing of it runs.

Read are pyproject.toml, setup.cfg, setup.py (literals only), requirements files, tox.ini, noxfile.py, CI
files, Pipfile, Makefile and Dockerfile. Where a file cannot be read the others count, and the fault is noted.
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Mapping
from configparser import Error as ConfigError
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar

from repodojo.environments.git_objects import Tree
from repodojo.environments.recipes.project_files import (
    ProjectFile,
    merge,
    read_pipfile,
    read_pyproject,
    read_setup_cfg,
    read_setup_py,
)
from repodojo.environments.recipes.requirement_lines import read_requirements
from repodojo.environments.recipes.tool_commands import (
    NOTHING_FOUND,
    READERS,
    SHELL_FILES,
    Found,
    merge_found,
    read_shell,
)
from repodojo.environments.recipes.tool_files import ToolFile, read_ci, read_noxfile, read_tox

_TEST_WORDS = ("test", "dev", "ci")
_MOST_BYTES, _MOST_LINKS = 1 << 20, 8
_FILE, _ALL = 6000, 40_000
"""Characters of a file, and of all files, that are shown to whom a recipe is asked of."""
_TOLD = ("readme", "contributing", "hacking")
_PROJECT_FILES: Mapping[str, Callable[[str], ProjectFile]] = {
    "pyproject.toml": read_pyproject,
    "setup.cfg": read_setup_cfg,
    "setup.py": read_setup_py,
    "Pipfile": read_pipfile,
}
_TOOL_FILES = {"tox.ini": read_tox, "noxfile.py": read_noxfile}
Value = TypeVar("Value")


@dataclass(frozen=True)
class Declarations:
    """What was found."""

    project: ProjectFile
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Requirements of tests by the file, and the part of it, that names them."""
    tried_pythons: tuple[str, ...] = ()
    """Minor versions that tox or CI name, such as ``3.8``."""
    faults: tuple[str, ...] = ()
    """Files that cannot be read, and why."""
    found: Found = NOTHING_FOUND
    """What tools and CI say of how tests are run."""

    @property
    def by_the_project(self) -> dict[str, tuple[str, ...]]:
        """Groups that the project's own files declare; CI files name much that is no package."""
        return {where: lines for where, lines in self.groups.items() if not _is_ci(where)}

    @property
    def digest(self) -> str:
        """Return what is equal for commits that ask for the same environment."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def read_declarations(tree: Tree) -> Declarations:
    """Read everything that a tree declares."""
    faults: list[str] = []
    read = partial(_text, tree, faults)
    project = merge(
        _attempt(path, partial(reader, read(path) or ""), ProjectFile(), faults)
        for path, reader in _PROJECT_FILES.items()
        if read(path) is not None
    )
    groups, pythons = dict(project.groups), set()
    for path in sorted(tree):
        text = read(path) if _is_requirements(path) or path in _TOOL_FILES or _is_ci(path) else None
        if text is None:
            continue
        if _is_requirements(path):
            groups[path] = tuple(read_requirements(text, read, path.rpartition("/")[0]))
            continue
        reader = partial(_TOOL_FILES.get(path, read_ci), text, read)
        found = _attempt(path, reader, ToolFile((), ()), faults)
        pythons |= {*found.pythons}
        groups |= {path: found.requirements} if found.requirements else {}
    commands = _read_commands(tree, read, faults)
    return Declarations(project, groups, tuple(sorted(pythons)), tuple(dict.fromkeys(faults)), commands)


def _read_commands(tree: Tree, read: Callable[[str], str | None], faults: list[str]) -> Found:
    """Read what tools and CI say of how tests are run; tox and nox first, for they run tests alone."""
    others = (path for path in sorted(tree) if path in SHELL_FILES or _is_ci(path))
    texts = {path: text for path in (*READERS, *others) if (text := read(path)) is not None}
    return merge_found(
        _attempt(path, partial(READERS.get(path, read_shell), text), NOTHING_FOUND, faults)
        for path, text in texts.items()
    )


def read_shown(tree: Tree) -> list[tuple[str, str]]:
    """Return the files that say how a repository is built and tested, each and all within a bound."""
    declaring = [
        path for path in sorted(tree) if _is_requirements(path) or path in SHELL_FILES or _is_ci(path)
    ]
    told = [path for path in sorted(tree) if "/" not in path and path.lower().startswith(_TOLD)]
    wanted = dict.fromkeys([*_PROJECT_FILES, *_TOOL_FILES, *declaring, *told])
    top = "\n".join(sorted({path.partition("/")[0] for path in tree}))
    shown, left = [("files at the top", top[:_FILE])], _ALL
    for path in wanted:
        text = (_text(tree, [], path) or "")[: min(_FILE, left)]
        left -= len(text)
        shown += [(path, text)] if text.strip() else []
    return shown


def _text(tree: Tree, faults: list[str], path: str) -> str | None:
    """Read a file, through links of it or of its folders; where it is there and cannot be read, note that."""
    place, links = _follow(tree, path)
    blob = tree.get(place)
    if blob is None:
        if links:
            faults.append(f"{path}: a link that leads to no file of the repository")
        return None
    if len(blob.content) > _MOST_BYTES:
        faults.append(f"{path}: more than {_MOST_BYTES} bytes")
        return None
    return blob.content.decode(errors="replace")


def _follow(tree: Tree, path: str) -> tuple[str, int]:
    """Return where a path leads, empty where that is outside, and how many links are on the way."""
    left, passed, links = deque(path.split("/")), list[str](), 0
    while left:
        part = left.popleft()
        if part == ".." and not passed:
            return "", links
        if part == "..":
            passed.pop()
        elif part not in ("", "."):
            passed.append(part)
            blob = tree.get("/".join(passed))
            if blob is not None and blob.mode == "120000":
                links += 1
                target = os.fsdecode(blob.content)
                if links > _MOST_LINKS or target.startswith("/"):
                    return "", links
                passed.pop()
                left.extendleft(reversed(target.split("/")))
    return "/".join(passed), links


def _attempt(path: str, read: Callable[[], Value], otherwise: Value, faults: list[str]) -> Value:
    """Read a file; where it is not what its name says, note that and go on."""
    try:
        return read()
    except (ValueError, TypeError, AttributeError, ConfigError, SyntaxError, RecursionError) as error:
        faults.append(f"{path}: {type(error).__name__}: {str(error)[:200]}")
        return otherwise


def _is_requirements(path: str) -> bool:
    """Whether a path is a requirements file for tests: by its name, or by that of its folder."""
    parts = PurePosixPath(path)
    if parts.suffix not in (".txt", ".in", ".pip") or len(parts.parts) > 3:
        return False
    names = path.lower()
    is_list = "requirements" in names or "reqs" in names or parts.parent.name in ("deps",)
    return is_list and any(
        word in PurePosixPath(names).with_suffix("").name or f"{word}s/" in names for word in _TEST_WORDS
    )


def _is_ci(path: str) -> bool:
    return path in (
        ".travis.yml",
        ".appveyor.yml",
        "appveyor.yml",
        ".gitlab-ci.yml",
        "azure-pipelines.yml",
    ) or (path.startswith(".github/workflows/") and path.endswith((".yml", ".yaml")))

"""Rows of one clone to try, and which of them share an environment."""

import tempfile
from collections.abc import Mapping, Sequence
from collections.abc import Set as Paths
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.additions import find_additions
from repodojo.environments.recipes.declarations import read_declarations
from repodojo.environments.recipes.environment_records import Wanted
from repodojo.environments.trees import patch_tree
from repodojo.errors import BuildError, InputError
from repodojo.instances.mining.clones import ClonedRepository, Clones
from repodojo.instances.mining.effects import find_no_effect
from repodojo.instances.mining.published import created, date_rows, published_of, without_repository
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.sources.clone import Clone, open_clone
from repodojo.instances.sources.clone_pulls import read_clone_pulls
from repodojo.instances.sources.eval_script import test_directives
from repodojo.instances.sources.history import Change, find_changes
from repodojo.instances.sources.row import Found, Rejection, SourceRow, applicable_patch
from repodojo.types import SCHEMA_VERSION

ROWS_VERSION = 10
"""Raised when the same clone would give other rows."""
NOTHING = Found([], [])
_MOST_PROBED = 12
_NO_TESTS = ("conftest.py", "__init__.py", "setup.py")


@dataclass(frozen=True)
class CloneRows:
    """What a clone gives to try."""

    repo: str
    head: str
    candidates: int
    """Commits or pull requests that change code and tests, before any was turned away."""
    rows: tuple[SourceRow, ...]
    environments: Mapping[str, str]
    """Name of the environment by instance id."""
    wanted: tuple[dict[str, Any], ...]
    """What each environment is built from: its name, commit, release, date and test files."""
    rejected: tuple[dict[str, str], ...]
    schema_version: int = SCHEMA_VERSION


def without_clone(clones: Clones, settings: MiningSettings) -> dict[str, CloneRows]:
    """Return the published rows and the malformed ones that no clone is there for, each rejected.

    By the repository's slug; those that tell no repository stand under a name of their own.
    """
    if settings.source != "rows":
        return {}
    missing: dict[str, list[Rejection]] = {}
    have = {each.slug.lower() for each in clones.repositories}
    for slug, rejection in without_repository(clones.published, have):
        missing.setdefault(slug, []).append(rejection)
    return {slug: _rejected_all(slug, rejected) for slug, rejected in missing.items()}


def _rejected_all(slug: str, rejected: Sequence[Rejection]) -> CloneRows:
    repo = slug.replace("__", "/", 1)
    return CloneRows(repo, "", len(rejected), (), {}, (), tuple(map(_rejection, rejected)))


def read_clone_rows(
    repository: ClonedRepository, settings: MiningSettings, published: Found = NOTHING
) -> CloneRows:
    """Read the newest rows of a clone; what cannot be tried is listed with its reason."""
    clone = open_clone(repository.path)
    changes, malformed = _find_changes(clone, repository.repo, settings, published)
    rejected = [_rejection(each) for each in malformed]
    beyond = f"not_tried: not among the {settings.per_repository} newest (mining.per_repository)"
    kept: list[SourceRow] = []
    groups: dict[str, list[SourceRow]] = {}
    paths: dict[str, Paths[str]] = {}
    additions: dict[str, set[str]] = {}
    for change in changes:
        try:
            if len(kept) == settings.per_repository:
                raise InputError(beyond)
            row = change.read()
            created(row)
            tree, changed = _trees(clone, row)
        except (BuildError, InputError) as error:
            rejected.append(_rejection(Rejection(change.where, str(error), change.instance_id)))
            continue
        name = f"{repository.slug}-{read_declarations(tree).digest}"
        kept.append(row)
        groups.setdefault(name, []).append(row)
        paths[name] = frozenset(tree)  # rows come newest first, so that the oldest one's stay
        additions.setdefault(name, set()).update(find_additions(tree, changed, hidden_test_files(row)))
    return CloneRows(
        repo=repository.repo,
        head=repository.head,
        candidates=len(changes) + len(malformed),
        rows=tuple(kept),
        environments={row.instance_id: name for name, members in groups.items() for row in members},
        wanted=tuple(
            _describe(clone, name, members, paths[name], additions[name]) for name, members in groups.items()
        ),
        rejected=tuple(rejected),
    )


def _trees(clone: Clone, row: SourceRow) -> tuple[dict[str, Blob], dict[str, Blob]]:
    """Return the files of a row's base, and those with both patches, of a row that is worth a trial.

    Raises:
        BuildError: a patch does not apply.
        InputError: its tests cannot tell its base from its repair.
    """
    if not hidden_test_files(row):
        raise InputError("no_test_file: the test patch leaves no test file that pytest can run")
    tree = clone.tree(row.base_commit)
    patches = [applicable_patch(row.patch), applicable_patch(row.test_patch)]
    with tempfile.TemporaryDirectory() as folder:
        changed = patch_tree(tree, patches, Path(folder), row.instance_id)
    reason = "" if row.FAIL_TO_PASS else find_no_effect(tree, changed)
    if reason:
        raise InputError(reason)
    return tree, changed


def _find_changes(
    clone: Clone, repo: str, settings: MiningSettings, published: Found
) -> tuple[list[Change], list[Rejection]]:
    """Return what may become rows, newest first, and what cannot."""
    if settings.source == "history":
        return find_changes(clone, repo), []
    found = read_clone_pulls(clone, repo) if settings.source == "pulls" else published_of(repo, published)
    rows, undated = date_rows(clone, found.rows)
    changes = [Change(f"{row.repo}@{row.base_commit}", row.instance_id, partial(_given, row)) for row in rows]
    return changes, [*found.rejected, *undated]


def _given(row: SourceRow) -> SourceRow:
    return row


def hidden_test_files(row: SourceRow) -> tuple[str, ...]:
    """Return the test files that a row's test patch leaves behind and pytest can run."""
    files = [path for path in test_directives(row.test_patch) if path.endswith(".py")]
    files = [path for path in files if path.rpartition("/")[2] not in _NO_TESTS]
    named = [path for path in files if is_test_file(path)]
    return tuple(named or files)


def is_test_file(path: str) -> bool:
    """Whether pytest would look for tests in a file, by its name."""
    name = path.rpartition("/")[2]
    return name.endswith(("_test.py", "_tests.py")) or (name.startswith("test") and name.endswith(".py"))


def wanted_of(data: Mapping[str, Any]) -> Wanted:
    """Return what an environment is built from."""
    return Wanted(
        data["name"],
        data["repo"],
        data["version"],
        datetime.fromisoformat(data["date"]),
        tuple(data["test_files"]),
        tuple(data["additions"]),
    )


def _describe(
    clone: Clone, name: str, rows: Sequence[SourceRow], paths: Paths[str], additions: Paths[str]
) -> dict[str, Any]:
    """Describe an environment by its oldest row: nothing in it may be newer than any of its commits."""
    oldest = rows[-1]
    date = min(map(created, rows))
    wanted = Wanted(
        name,
        oldest.repo,
        clone.release(oldest.base_commit),
        date,
        _probed(paths, rows),
        tuple(sorted(additions)),
    )
    return {**asdict(wanted), "date": date.isoformat(), "commit": oldest.base_commit}


def _probed(paths: Paths[str], rows: Sequence[SourceRow]) -> tuple[str, ...]:
    """Choose the test files that show whether a recipe works: those of the rows, else the nearest to them."""
    wanted = [path for row in reversed(rows) for path in hidden_test_files(row)]
    hidden = dict.fromkeys(path for path in wanted if path in paths)
    near = {folder for path in wanted for folder in PurePosixPath(path).parents}

    def distance(path: str) -> tuple[int, bool, int, str]:
        folders = PurePosixPath(path).parents
        shared = sum(folder in near for folder in folders)
        return -shared, "test" not in path.rpartition("/")[0], len(folders), path

    others = sorted(filter(is_test_file, paths), key=distance)
    return tuple(hidden or others)[:_MOST_PROBED]


def _rejection(rejection: Rejection) -> dict[str, str]:
    return {
        "candidate_id": rejection.instance_id,
        "where": rejection.where,
        "stage": "row",
        "reason": rejection.reason,
    }

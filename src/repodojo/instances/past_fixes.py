"""Source rows as bugs: each row's fix taken back in the code of its repository as it was built."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from repodojo.environments.build_records import EnvironmentBuild
from repodojo.errors import InputError
from repodojo.instances.injection import Mutation, reverse_fix
from repodojo.instances.sources.row import Rejection, SourceRow, applicable_patch
from repodojo.types import SCHEMA_VERSION


@dataclass(frozen=True)
class ReversedFix:
    """A bug that was there once."""

    instance_id: str
    """Of the row whose fix is taken back."""
    environment: str
    mutation: Mutation
    schema_version: int = SCHEMA_VERSION


class Reversals(NamedTuple):
    """What became of the rows."""

    reversed: list[ReversedFix]
    rejected: list[Rejection]


def reverse_fixes(rows: Iterable[SourceRow], builds: Iterable[EnvironmentBuild]) -> Reversals:
    """Take each row's fix back in every environment of its repository; list those that cannot be."""
    by_repo: dict[str, list[EnvironmentBuild]] = {}
    for build in builds:
        by_repo.setdefault(build.environment.repo.lower(), []).append(build)
    found, rejected = [], []
    for row in rows:
        own = by_repo.get(row.repo.lower(), [])
        if not own:
            reason = f"other_repository: no project of env_build is of {row.repo}"
            rejected.append(Rejection(row.repo, reason, row.instance_id))
        for build in own:
            name = build.environment.name
            try:
                mutation = reverse_fix(applicable_patch(row.patch), build.sources)
            except InputError as error:
                rejected.append(Rejection(name, str(error), row.instance_id))
            else:
                found.append(ReversedFix(row.instance_id, name, mutation))
    return Reversals(found, rejected)

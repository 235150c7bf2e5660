"""Which set of rows is meant, and its rows: a file or folder, a split on the hub, pull requests on GitHub."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, ValidationInfo, field_validator

from repodojo.errors import InputError, first_problem
from repodojo.instances.sources.clone_pulls import PUBLISHED_RULES, PullRules
from repodojo.instances.sources.diffs import TestRule
from repodojo.instances.sources.files import SUFFIXES, read_rows
from repodojo.instances.sources.harbor_tasks import read_harbor_tasks
from repodojo.instances.sources.hub import PUBLISHED_SETS, HubSet, read_hub
from repodojo.instances.sources.links import LinkRule
from repodojo.instances.sources.row import Found, merge
from repodojo.instances.sources.swebench_tasks import read_task_repository

logger = logging.getLogger(__name__)

_OWNER_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*/\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
"""Neither is ``.`` or ``..``."""
_ADDRESS = re.compile(r"https?://[^/?#\s][^?#\s]*")


class LocalSet(BaseModel):
    """A file of rows, SWE-bench 5's task repository, a Harbor task folder or a folder of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    """What it is, is told by the file's suffix and by what the folder holds."""


class HubSplit(BaseModel):
    """A split of a set on the Hugging Face hub."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    """The full hash of the hub's commit."""
    split: str | None = None
    """Of ``owner/name``; a published name says its own."""
    hub: str
    """A name of `PUBLISHED_SETS`, or ``owner/name``."""

    @field_validator("hub")
    @classmethod
    def _known(cls, hub: str, info: ValidationInfo) -> str:
        split = info.data.get("split")
        if hub in PUBLISHED_SETS and split is not None:
            raise ValueError("it is a split already, leave 'split' out")
        if hub not in PUBLISHED_SETS and (split is None or not re.fullmatch(_OWNER_NAME, hub)):
            raise ValueError(f"expected one of {', '.join(PUBLISHED_SETS)}, or owner/name with a 'split'")
        return hub

    @property
    def place(self) -> HubSet:
        """The set and its split."""
        return PUBLISHED_SETS.get(self.hub) or HubSet(self.hub, self.split or "")


class GitHubPulls(BaseModel):
    """The pull requests of a repository, by the rules of `PullRules`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    github: Annotated[str, Field(pattern=f"^{_OWNER_NAME}$")]
    """Tokens come from GITHUB_TOKENS (with commas) or GITHUB_TOKEN."""
    before: date | None = None
    """Takes those created before this day (UTC); another day asks GitHub anew."""
    links: LinkRule = PUBLISHED_RULES.links
    require_issue: bool = PUBLISHED_RULES.require_issue
    require_tests: bool = PUBLISHED_RULES.require_tests
    tests: TestRule = PUBLISHED_RULES.tests
    python_only: bool = PUBLISHED_RULES.python_only
    api: str = "https://api.github.com"
    """The API's address; a GitHub Enterprise server's ends in ``/api/v3``."""

    @field_validator("api")
    @classmethod
    def _is_address(cls, api: str) -> str:
        try:
            HttpUrl(api)
            whole = _ADDRESS.fullmatch(api)
        except ValidationError:
            whole = None
        if not whole:
            raise ValueError("expected an address such as https://api.github.com")
        return api

    @property
    def rules(self) -> PullRules:
        """What makes an instance."""
        return PullRules(self.links, self.require_issue, self.require_tests, self.tests, self.python_only)


Source = LocalSet | HubSplit | GitHubPulls
_KINDS: dict[str, type[Source]] = {"path": LocalSet, "hub": HubSplit, "github": GitHubPulls}


def parse_sources(given: object, where: str) -> tuple[Source, ...]:
    """Read what a configuration says.

    Raises:
        InputError: naming ``where``, the source and the field, what was expected and what was found.
    """
    if not isinstance(given, list | tuple):
        raise InputError(f"{where}: expected a list of sources, [] where there are none, found {given!r:.80}")
    return tuple(_parse(each, f"{where}, source {number}") for number, each in enumerate(given, start=1))


def _parse(given: object, where: str) -> Source:
    named = [name for name in _KINDS if isinstance(given, Mapping) and name in given]
    if len(named) != 1:
        raise InputError(f"{where}: expected an object with one of {', '.join(_KINDS)}, found {given!r:.120}")
    try:
        return _KINDS[named[0]].model_validate(given)
    except ValidationError as error:
        name, expected, found = first_problem(error, _KINDS[named[0]])
        raise InputError(f"{where}: field '{name}': {expected}, found {found!r:.80}") from error


def read_sources(sources: Sequence[Source], cache: Path) -> Found:
    """Read the sources; a row of an earlier one stays, and the same id in a later one is listed.

    Args:
        sources: what is read.
        cache: folder of what is fetched, which is not fetched again.

    Raises:
        InputError: a source is not there, or is none.
        SourceError: the hub or GitHub cannot be read.
        OSError: the cache cannot be made or written.
    """
    return merge([_read_source(source, cache) for source in sources])


def _read_source(source: Source, cache: Path) -> Found:
    if not isinstance(source, LocalSet):
        cache.mkdir(parents=True, exist_ok=True)
    if isinstance(source, LocalSet):
        name, found = str(source.path), read_set(source.path)
    elif isinstance(source, HubSplit):
        name = f"{source.place.repo}, {source.place.split}"
        found = read_hub(source.place, source.revision, cache / "hub")
    else:
        name, found = source.github, _read_pulls(source, cache)
    logger.info("%s: %d rows, %d rejected", name, len(found.rows), len(found.rejected))
    return found


def _read_pulls(source: GitHubPulls, cache: Path) -> Found:
    from repodojo.instances.sources.github_api import GitHubApi  # noqa: PLC0415 - brings an HTTP client
    from repodojo.instances.sources.github_pulls import read_github_pulls  # noqa: PLC0415

    until = source.before
    pages = cache / "github" / (until.isoformat() if until else "all")  # a kept list does not grow
    logger.info("%s: reading its pull requests at %s; pages are kept in %s", source.github, source.api, pages)
    api = GitHubApi(pages, base_url=source.api)
    before = datetime.combine(until, time(), UTC) if until else None
    return read_github_pulls(api, source.github, source.rules, before)


def read_set(path: Path) -> Found:
    """Read a file or folder of rows; the malformed are listed, the rest is kept.

    Raises:
        InputError: it is not there, cannot be read, or is no set.
    """
    try:
        reader = _reader(path)
        if reader is not None:
            return reader(path)
        found = _describe(path)
    except OSError as error:
        raise InputError(f"{str(path)[:200]}: cannot be read: {error.strerror or error}") from error
    raise InputError(
        f"{path}: expected a file that ends in {', '.join(SUFFIXES)}, SWE-bench 5's task repository "
        f"(sweb.yaml), or a Harbor task folder (task.toml) or a folder of them, found {found}"
    )


def is_set(path: Path) -> bool:
    """Whether `read_set` takes a file or folder; a device or a pipe is none."""
    try:
        return _reader(path) is not None
    except OSError:
        return False


def _reader(path: Path) -> Callable[[Path], Found] | None:
    if path.is_file():
        return read_rows if path.suffix in SUFFIXES else None
    if (path / "sweb.yaml").is_file() or any(path.glob("tasks/*/task.yaml")):
        return read_task_repository
    return read_harbor_tasks if any((*path.glob("task.toml"), *path.glob("*/task.toml"))) else None


def _describe(path: Path) -> str:
    if path.is_dir():
        return "a folder that holds none of them"
    return "another file" if path.exists() else "nothing"

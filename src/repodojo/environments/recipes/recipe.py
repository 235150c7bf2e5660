"""A recipe: how a repository's environment is made and its tests are run, as data that a person can edit.

One YAML file for each repository and range of versions. A hand-written recipe that fits a repository at a
commit is the only one tried; otherwise recipes are found (see `candidates`), and the one that worked is
written down in the same form. Nothing in a recipe ever runs outside a sandbox: requirements are resolved and
installed as wheels, system packages come from Debian, commands run where the sources are built.
"""

import re
from collections.abc import Collection, Iterable
from typing import Annotated

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, field_validator

from repodojo.environments.recipes.test_command import TestCommand
from repodojo.environments.surroundings import Surroundings

_SYSTEM_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+]")
"""Debian policy, section 5.6.1, without a last ``-``, which makes apt remove, or ``.``."""
_REPO, _PYTHON = re.compile(r"[^/\s]+/[^/\s]+"), re.compile(r"3\.\d{1,2}", re.ASCII)
_PYTHON_PACKAGE = re.compile(r"(?:python[\d.]*|pypy\d*|cython\d*)(?:-.*)?")
MOST_PACKAGES, _MOST_REQUIREMENTS, _MOST_COMMANDS = 100, 500, 50
_LONGEST_COMMAND = 4000
_WRITTEN = ("hand", "proposed")
Command = Annotated[str, Field(min_length=1, max_length=_LONGEST_COMMAND, pattern=r"^[^\x00]+$")]


class Recipe(BaseModel):
    """One recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repo: str
    """``owner/repo``."""
    versions: str = ""
    """Versions of the repository that it is for, such as ``>=2.0,<3``; empty for all."""
    python: str
    """Minor version, such as ``3.11``."""
    requirements: tuple[str, ...] = Field(max_length=_MOST_REQUIREMENTS)
    """What is installed in any case: names with versions (PEP 508), no addresses, no options of pip."""
    own_requirements: bool = True
    """Whether what the project's metadata ask for is installed too."""
    declared_requirements: bool = True
    """Whether what the repository's files declare for tests is installed too."""
    system_packages: tuple[str, ...] = Field((), max_length=MOST_PACKAGES)
    """Debian packages that building and testing need. The Docker backend adds them to the image, in a layer
    of their own; with namespaces this machine must have them, and sandboxes that ask for them see them."""
    install: tuple[Command, ...] = Field((), max_length=_MOST_COMMANDS)
    """Shell commands run in turn before the build, at the root of each base commit's sources, in a sandbox
    without network. They have the tools of the build and ``requirements``. Files that they add stay beside
    the sources; what they change in tracked files (a pin in setup.py) counts for the build alone."""
    test: TestCommand = TestCommand()
    """How tests are run."""
    found_by: str = Field("hand", max_length=200)
    """``hand``, ``proposed`` by a model, or where the requirements were found."""

    @field_validator("repo")
    @classmethod
    def _is_repo(cls, value: str) -> str:
        if not _REPO.fullmatch(value):
            raise ValueError("expected owner/repo, such as 'dask/dask'")
        return value

    @field_validator("python", mode="before")
    @classmethod
    def _is_python(cls, value: object) -> str:
        if not isinstance(value, str) or not _PYTHON.fullmatch(value):
            raise ValueError(
                "expected a minor version of Python 3 in quotes, such as '3.10', which is 3.1 without them"
            )
        return value

    @field_validator("versions")
    @classmethod
    def _is_range(cls, value: str) -> str:
        try:
            SpecifierSet(value)
        except InvalidSpecifier as error:
            raise ValueError("expected a range of versions such as '>=2.0,<3'") from error
        return value

    @field_validator("requirements")
    @classmethod
    def _are_requirements(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for line in value:
            try:
                named = Requirement(line)
            except InvalidRequirement as error:
                raise ValueError(f"expected one such as 'six>=1.12', found {line[:80]!r}") from error
            if named.url:
                raise ValueError(f"expected a version, not an address: {line[:80]!r}")
        return value

    @field_validator("system_packages")
    @classmethod
    def _are_packages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _SYSTEM_NAME.fullmatch(name):
                raise ValueError(f"expected a Debian package's name, found {name[:80]!r}")
            if is_python_package(name):
                raise ValueError(f"{name}: Python's packages go under 'requirements', Python under 'python'")
        return tuple(sorted(set(value)))

    @property
    def is_written(self) -> bool:
        """Whether somebody wrote it, so that nothing of it is left out or added."""
        return self.found_by in _WRITTEN

    @property
    def surroundings(self) -> Surroundings:
        """What sandboxes of its environments get beside files."""
        test = self.test
        return Surroundings(self.system_packages, test.variables, test.runner, test.options)

    def fits(self, repo: str, version: str) -> bool:
        """Whether it is for a repository at a version; of an unknown version only where it is for all."""
        if repo.lower() != self.repo.lower():
            return False
        if not self.versions:
            return True
        try:
            return SpecifierSet(self.versions).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return False

    def without(self, names: Collection[str]) -> "Recipe":
        """Return the recipe without some packages, by their canonical names."""
        kept = (line for line in self.requirements if canonicalize_name(Requirement(line).name) not in names)
        return self.model_copy(update={"requirements": tuple(kept)})


def is_system_package(name: str) -> bool:
    """Whether a word can name a Debian package that environments may have."""
    return _SYSTEM_NAME.fullmatch(name) is not None and not is_python_package(name)


def is_python_package(name: str) -> bool:
    """Whether a Debian package holds a Python or packages of one, perhaps the project's own, repaired."""
    return _PYTHON_PACKAGE.fullmatch(name) is not None


def find_recipe(recipes: Iterable[Recipe], repo: str, version: str) -> Recipe | None:
    """Return the first recipe that fits."""
    return next((recipe for recipe in recipes if recipe.fits(repo, version)), None)

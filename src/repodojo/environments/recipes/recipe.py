"""A recipe: which Python and packages a repository's tests run with. Data that a person can read and edit.

One YAML file for each repository and range of versions. A hand-written recipe that fits a repository at a
commit is the only one tried; otherwise recipes are found (see `candidates`), and the one that worked is
written down in the same form.
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from repodojo.errors import InputError, first_problem


class Recipe(BaseModel):
    """One recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repo: str = Field(pattern=r"^[^/\s]+/[^/\s]+$")
    """``owner/repo``."""
    versions: str = ""
    """Versions of the repository that it is for, such as ``>=2.0,<3``; empty for all."""
    python: str = Field(pattern=r"^3\.\d+$")
    requirements: tuple[str, ...]
    """What is installed in any case."""
    own_requirements: bool = True
    """Whether what the project's metadata ask for is installed too."""
    declared_requirements: bool = True
    """Whether what the repository's files declare for tests is installed too."""
    found_by: str = "hand"
    """``hand``, or where the requirements were found."""

    @field_validator("versions")
    @classmethod
    def _is_range(cls, value: str) -> str:
        SpecifierSet(value)
        return value

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


def read_recipes(folder: Path) -> list[Recipe]:
    """Read the hand-written recipes of a folder, sorted by file name; none where it does not exist.

    Raises:
        InputError: naming the file and the field that is wrong.
    """
    return [_read(path) for path in sorted(folder.glob("*.yml"))] if folder.is_dir() else []


def find_recipe(recipes: Iterable[Recipe], repo: str, version: str) -> Recipe | None:
    """Return the first recipe that fits."""
    return next((recipe for recipe in recipes if recipe.fits(repo, version)), None)


def recipe_text(recipe: Recipe) -> str:
    """Write a recipe as YAML."""
    values: dict[str, Any] = recipe.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _read(path: Path) -> Recipe:
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        name, expected, found = first_problem(error)
        raise InputError(f"{path}: field '{name}': {expected}, found {str(found)[:80]!r}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a recipe as YAML ({error})") from error

"""Reads recipes from YAML, whoever wrote it, and writes them; nothing of a text is dropped silently."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from repodojo.environments.recipes.recipe import Recipe
from repodojo.errors import InputError, first_problem

_MOST_CHARACTERS = 64 << 10
_DEEPEST = 20
_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


def read_recipes(folder: Path) -> list[Recipe]:
    """Read the hand-written recipes of a folder, sorted by file name; none where it does not exist.

    Raises:
        InputError: naming the file and the field that is wrong.
    """
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    return [_read(path) for path in files]


def recipe_text(recipe: Recipe) -> str:
    """Write a recipe as YAML."""
    values: dict[str, Any] = recipe.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def parse_recipe(text: str, where: str, filled: dict[str, Any] | None = None) -> Recipe:
    """Read a recipe, wherever its text comes from.

    Args:
        text: YAML.
        where: names the text in errors.
        filled: fields that the text may leave out; where it says something else, that is an error.

    Raises:
        InputError: naming ``where``, the field, what was expected and what was found.
    """
    values = _mapping(text, where)
    for name, value in (filled or {}).items():
        if values.setdefault(name, value) != value:
            raise InputError(f"{where}: field '{name}': expected {value!r}, found {str(values[name])[:80]!r}")
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        name, expected, found = first_problem(error, Recipe)
        raise InputError(f"{where}: field '{name}': {expected}, found {found!r:.80}") from error


def _mapping(text: str, where: str) -> dict[str, Any]:
    if len(text) > _MOST_CHARACTERS:
        raise InputError(f"{where}: expected at most {_MOST_CHARACTERS} characters, found {len(text)}")
    try:
        if _is_entangled(text):
            raise InputError(f"{where}: expected a recipe's fields, found aliases ('*name') or deep nesting")
        twice = _named_twice(yaml.compose(text, yaml.SafeLoader))
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        told = " ".join(str(error).split())[:300]
        raise InputError(f"{where}: expected a recipe as YAML ({told or type(error).__name__})") from error
    if twice:
        raise InputError(f"{where}: field '{twice}': expected once, found twice")
    if not isinstance(found, dict):
        raise InputError(f"{where}: expected a recipe's fields, found {str(found)[:80]!r}")
    if odd := [key for key in found if not isinstance(key, str)]:
        raise InputError(f"{where}: expected names of fields, found {str(odd[0])[:80]!r}")
    return found


def _named_twice(node: yaml.Node | None) -> str:
    """Return a name that one mapping holds twice, of which YAML would drop one; empty where none does."""
    if not isinstance(node, yaml.MappingNode):
        return ""
    names = [str(key.value) for key, _ in node.value]
    inner = (_named_twice(value) for _, value in node.value)
    return next((name for name in names if names.count(name) > 1), "") or next(filter(None, inner), "")


def _is_entangled(text: str) -> bool:
    """Whether YAML holds what takes a parser too long, or unfolds to more than memory holds."""
    depth = 0
    for token in yaml.scan(text, yaml.SafeLoader):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > _DEEPEST or isinstance(token, yaml.AliasToken):
            return True
    return False


def _read(path: Path) -> Recipe:
    try:
        return parse_recipe(path.read_text(encoding="utf-8"), str(path))
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path}: expected a recipe as YAML in UTF-8 ({error})") from error

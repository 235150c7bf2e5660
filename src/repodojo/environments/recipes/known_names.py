"""The names that the finders of recipes know, read from ``known_names.yml`` beside this module."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class KnownNames(BaseModel):
    """The file's content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    distributions: Mapping[str, str | None]
    fixtures: Mapping[str, str | None]
    tools: frozenset[str]
    disturbing: frozenset[str]
    system: frozenset[str]


@cache
def known_names() -> KnownNames:
    """Read the file once."""
    text = Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")
    return KnownNames.model_validate(yaml.safe_load(text))

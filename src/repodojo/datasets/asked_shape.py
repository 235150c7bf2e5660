"""What of the parameters decides the graph of rounds: Kedro makes pipelines before it knows any parameter.

The hook that reads the configuration says it here, and has the pipelines made again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from repodojo.curation.settings import SelfImprovementSettings


class Shape(NamedTuple):
    """The graph of rounds."""

    rounds: int
    first_policy: str
    start: str


def shape_of(settings: SelfImprovementSettings) -> Shape:
    """Return the graph that settings ask for."""
    return Shape(settings.rounds, settings.first_policy, settings.start)


_asked = [shape_of(SelfImprovementSettings())]


def asked_shape() -> Shape:
    """Return the shape that the configuration asks for; without one, that of the default settings."""
    return _asked[-1]


def ask_for(parameters: Mapping[str, Any]) -> bool:
    """Take the shape from checked parameters; return whether it is another than before."""
    before, settings = asked_shape(), parameters.get("self_improvement")
    if isinstance(settings, SelfImprovementSettings):
        _asked[:] = [shape_of(settings)]
    return asked_shape() != before

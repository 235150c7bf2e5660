"""What of the parameters decides the graphs of rounds and sweeps: Kedro makes pipelines before it knows any.

The hook that reads the configuration says it here, and has the pipelines made again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from repodojo.curation.settings import AblationSettings, SelfImprovementSettings


class Shape(NamedTuple):
    """The graphs of rounds and of sweeps."""

    rounds: int
    first_policy: str
    start: str
    points: tuple[tuple[str, str], ...] = ()
    """Name and model of each point of the sweeps."""


def shape_of(rounds: SelfImprovementSettings, ablations: AblationSettings) -> Shape:
    """Return the graphs that settings ask for."""
    points = tuple((name, point.model) for name, point in ablations.asked.items())
    return Shape(rounds.rounds, rounds.first_policy, rounds.start, points)


_asked = [shape_of(SelfImprovementSettings(), AblationSettings())]


def asked_shape() -> Shape:
    """Return the shape that the configuration asks for; without one, that of the default settings."""
    return _asked[-1]


def ask_for(parameters: Mapping[str, Any]) -> bool:
    """Take the shape from checked parameters; return whether it is another than before."""
    before = asked_shape()
    rounds, ablations = (
        parameters.get("self_improvement", SelfImprovementSettings()),
        parameters.get("ablations", AblationSettings()),
    )
    _asked[:] = [shape_of(rounds, ablations)]
    return asked_shape() != before

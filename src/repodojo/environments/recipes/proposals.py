"""What a proposer of recipes is asked and what it answers, whatever stands behind it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from repodojo.environments.git_objects import Tree
from repodojo.environments.recipes.environment_records import Attempt, Wanted
from repodojo.environments.recipes.recipe import Recipe

PROPOSED = "proposed"
"""What `Recipe.found_by` of a proposed recipe is."""


class Question(NamedTuple):
    """A repository at a commit for which no recipe works so far."""

    wanted: Wanted
    tree: Tree
    own: str
    """Name of the project's distribution; empty where its files do not say."""
    pythons: tuple[str, ...]
    """Minor versions that are here."""
    attempts: Sequence[Attempt]
    """What was tried, and why it failed."""
    proposed: Sequence[Recipe] = ()
    """What was proposed already."""


class Proposal(NamedTuple):
    """A recipe, or why there is none."""

    recipe: Recipe | None
    reason: str = ""


class Proposer(Protocol):
    """Proposes recipes; safe to call from many threads at once."""

    @property
    def fingerprint(self) -> str:
        """Digest of what decides its answers."""

    @property
    def rounds(self) -> int:
        """How many recipes are asked for in turn, each with the reasons of those before."""

    def propose(self, question: Question) -> Proposal:
        """Propose a recipe; it is proven like any other."""

"""Builds the environment of a repository at a commit: tries recipes in turn until its tests run."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from repodojo.environments.git_objects import Tree
from repodojo.environments.interpreters import find_interpreters, get_interpreter
from repodojo.environments.recipes.additions import with_additions
from repodojo.environments.recipes.candidates import (
    choose_pythons,
    complete,
    find_candidates,
    found_around,
    own_requirements,
)
from repodojo.environments.recipes.declarations import Declarations, read_declarations
from repodojo.environments.recipes.environment_records import Attempt, CloneEnvironment, Wanted
from repodojo.environments.recipes.folders import Folders, Ground
from repodojo.environments.recipes.proposals import PROPOSED, Proposer, Question
from repodojo.environments.recipes.recipe import Recipe, find_recipe
from repodojo.environments.recipes.source_packages import WheelMaker
from repodojo.environments.recipes.trials import Trial, Trier
from repodojo.environments.recipes.wheel import OUT_OF_TIME, Built
from repodojo.environments.sandbox import Sandboxes
from repodojo.environments.surroundings import NOTHING_AROUND, Surroundings
from repodojo.environments.trees import REFUSALS
from repodojo.errors import BuildError, LackingPackagesError

RECIPES_VERSION = 8
"""Raised when the same commit would get another environment."""
_HOPELESS = ("tests_do_not_run: timeout", "tests_do_not_run: the log and the report disagree", *REFUSALS)
"""What no other recipe and no other Python mends; each further trial may take as long as the first."""
Outcomes = Iterator[Trial | Attempt]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Builder:
    """Where environments of clones are built, with which hand-written recipes, and whom else to ask."""

    sandboxes: Sandboxes
    folders: Folders
    recipes: Sequence[Recipe] = ()
    proposer: Proposer | None = None

    def build_from(self, wanted: Wanted, read: Callable[[], Tree]) -> CloneEnvironment:
        """Build an environment of a tree that is read when its turn comes."""
        return self.build(wanted, read())

    def build(self, wanted: Wanted, tree: Tree) -> CloneEnvironment:
        """Build an environment; a repository that cannot be built is a record with every attempt's reason."""
        started = time.monotonic()
        declarations = read_declarations(tree)
        for fault in declarations.faults:
            logger.warning("%s: %s; what the other files declare counts", wanted.name, fault)
        trials: list[Trial] = []
        attempts: list[Attempt] = []
        for outcome in self._try_all(wanted, tree, declarations, attempts):
            attempt = outcome if isinstance(outcome, Attempt) else outcome.attempt
            attempts.append(attempt)
            trials += [outcome] if isinstance(outcome, Trial) else []
            if (isinstance(outcome, Trial) and not attempt.reason) or attempt.reason.startswith(_HOPELESS):
                break
        record = CloneEnvironment(
            *(wanted.name, wanted.repo, wanted.version, wanted.date.isoformat()),
            tuple(attempts),
            declarations.faults,
        )
        best = max(
            (trial for trial in trials if trial.attempt.passed), key=lambda trial: trial.score, default=None
        )
        if best is not None:
            record = self._describe(record, best)
        return replace(record, seconds=round(time.monotonic() - started, 1))

    def prepare(self, name: str, tree: Tree, environment: CloneEnvironment, built: Built | None) -> Path:
        """Make the folder of a tree that runs in a built environment; returns it."""
        interpreter = get_interpreter(environment.python, find_interpreters())
        packages, around = self.folders.root / environment.packages, _around(environment)
        return self.folders.make(name, tree, built, Ground(interpreter, packages, around))

    def build_metadata(self, name: str, tree: Tree, environment: CloneEnvironment) -> Built | None:
        """Build a tree's wheel for what the build says and adds; None where it does not build in time.

        Raises:
            BuildError: one of the recipe's commands fails on this tree.
        """
        interpreter = get_interpreter(environment.python, find_interpreters())
        recipe, date = recipe_of(environment), datetime.fromisoformat(environment.date)
        if _ran_out_of_time(environment.attempts) and not (recipe is not None and recipe.install):
            return None
        maker = WheelMaker(self.sandboxes, self.folders, interpreter, date, _around(environment))
        try:
            return maker.read(name, tree, environment.version, recipe)
        except BuildError as error:
            if recipe is not None and recipe.install:
                raise
            logger.info("%s: %s", name, error)
            return None

    def _try_all(
        self, wanted: Wanted, tree: Tree, declarations: Declarations, attempts: Sequence[Attempt]
    ) -> Outcomes:
        """Try the hand-written recipe that fits, else those that are found, at last those proposed."""
        here = [found.short for found in find_interpreters()]
        question = Question(wanted, tree, declarations.project.name, tuple(here), attempts)
        hand = find_recipe(self.recipes, wanted.repo, wanted.version)
        if hand is not None:
            yield from self._try_written(hand, question, declarations)
            return
        around, lacking = self._provide(found_around(wanted.repo, declarations))
        yield from lacking
        for python in choose_pythons(declarations, wanted.date, here):
            yield from self._try_python(around.model_copy(update={"python": python}), question, declarations)
        yield from self._try_proposed(question, declarations)

    def _try_proposed(self, question: Question, declarations: Declarations) -> Outcomes:
        """Ask for recipes, each with what came of those before, and try them."""
        for _ in range(self.proposer.rounds if self.proposer else 0):
            assert self.proposer is not None
            recipe, reason = self.proposer.propose(question)
            if recipe is None or recipe in question.proposed:
                yield Attempt("", PROPOSED, "proposal", reason or "proposed_again: the same recipe")
                continue
            question = question._replace(proposed=(*question.proposed, recipe))
            yield from self._try_written(recipe, question, declarations)

    def _provide(self, recipe: Recipe) -> tuple[Recipe, list[Attempt]]:
        """Have the system packages that were found; what cannot be had is left out, with the reason."""
        lacking: list[Attempt] = []
        while True:
            try:
                self.sandboxes.system_packages(recipe.system_packages)
                return recipe, lacking
            except BuildError as error:
                lost = error.names if isinstance(error, LackingPackagesError) else recipe.system_packages
                lacking.append(Attempt("", recipe.found_by, "system", str(error)))
                kept = tuple(name for name in recipe.system_packages if name not in lost)
                recipe = recipe.model_copy(update={"system_packages": kept})

    def _try_written(self, recipe: Recipe, question: Question, declarations: Declarations) -> Outcomes:
        """Try a recipe as it stands."""
        try:
            self.sandboxes.system_packages(recipe.system_packages)
        except BuildError as error:
            yield Attempt(recipe.python, recipe.found_by, "system", str(error))
            return
        yield from self._try_python(recipe, question, declarations)

    def _try_python(self, around: Recipe, question: Question, declarations: Declarations) -> Outcomes:
        """Try a written recipe, or all that are found for its Python with what it has around them."""
        built: Built | None = None
        wanted, tree = question.wanted, question.tree
        try:
            built = self._build_project(around, question)
        except BuildError as error:
            yield Attempt(around.python, "the project's build", "build", str(error))
            if around.install:
                return
        if built is not None and built.fault:
            yield Attempt(around.python, "the project's build", "build", built.fault)
        own = own_requirements(declarations, built if built is None or not built.fault else None)
        trier = Trier(self.sandboxes, self.folders, wanted, tree, built)
        for recipe in _recipes(around, wanted, tree, declarations, built or Built()):
            yield trier.try_recipe(recipe, own if recipe.own_requirements else ())

    def _build_project(self, around: Recipe, question: Question) -> Built | None:
        """Build the project on a recipe's Python; None where that took too long before.

        Raises:
            BuildError: it does not build, or a command fails.
        """
        if not around.install and _ran_out_of_time(question.attempts):
            return None
        wanted, interpreter = question.wanted, get_interpreter(around.python, find_interpreters())
        maker = WheelMaker(self.sandboxes, self.folders, interpreter, wanted.date, around.surroundings)
        return maker.read(wanted.name, question.tree, wanted.version, around)

    def _describe(self, record: CloneEnvironment, best: Trial) -> CloneEnvironment:
        recipe, packages = best.recipe.model_dump(mode="json"), best.packages
        system = self.sandboxes.system_packages(best.recipe.system_packages)
        decided_by = [best.interpreter.full, best.resolved.pins, system, recipe["install"], recipe["test"]]
        size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
        return replace(
            record,
            recipe=recipe,
            python=best.interpreter.full,
            pins=best.resolved.pins,
            undated=best.resolved.undated,
            system_packages=system,
            digest=hashlib.sha256(json.dumps(decided_by, sort_keys=True).encode()).hexdigest(),
            packages=packages.relative_to(self.folders.root).as_posix(),
            bytes=size,
        )


def recipe_of(environment: CloneEnvironment) -> Recipe | None:
    """Return the recipe that an environment was built by; None where none works."""
    return Recipe.model_validate(environment.recipe) if environment.recipe else None


def _ran_out_of_time(attempts: Iterable[Attempt]) -> bool:
    """Whether the project's build was stopped at its limit: it is not tried again, on no Python."""
    return any(attempt.reason.startswith(OUT_OF_TIME) for attempt in attempts)


def _around(environment: CloneEnvironment) -> Surroundings:
    recipe = recipe_of(environment)
    return recipe.surroundings if recipe else NOTHING_AROUND


def _recipes(
    around: Recipe, wanted: Wanted, tree: Tree, declarations: Declarations, built: Built
) -> list[Recipe]:
    """Return the recipes to try on one Python: the written one, or those found, with what is around them."""
    if around.is_written:
        return [complete(around, declarations, built)]
    found = find_candidates(wanted.repo, around.python, declarations, built, tree, wanted.test_files)
    shared = {"system_packages": around.system_packages, "test": around.test}
    return with_additions([recipe.model_copy(update=shared) for recipe in found], wanted.additions)

"""Builds the environment of a repository at a commit: tries recipes in turn until its tests run."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from repodojo.environments.git_objects import Tree
from repodojo.environments.interpreters import Interpreter, find_interpreters, get_interpreter
from repodojo.environments.layers import sandbox_spec
from repodojo.environments.recipes.additions import with_additions
from repodojo.environments.recipes.candidates import (
    choose_pythons,
    complete,
    find_candidates,
    own_requirements,
)
from repodojo.environments.recipes.declarations import Declarations, read_declarations
from repodojo.environments.recipes.environment_records import Attempt, CloneEnvironment, Wanted
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.imports import missing_distributions
from repodojo.environments.recipes.recipe import Recipe, find_recipe
from repodojo.environments.recipes.source_packages import WheelMaker
from repodojo.environments.recipes.uv import Resolved, resolve, unobtainable_packages
from repodojo.environments.recipes.wheel import Built
from repodojo.environments.sandbox import Sandboxes
from repodojo.errors import BuildError, SandboxError
from repodojo.grading.test_log import first_errors
from repodojo.grading.test_run import TestRun, run_tests

RECIPES_VERSION = 6
"""Raised when the same commit would get another environment."""
_TESTS_S = 1800.0
_ROUNDS = 3
_ENOUGH = 0.8
_HOPELESS = ("tests_do_not_run: timeout", "tests_do_not_run: the log and the report disagree")
"""What no other recipe mends; each further trial may take as long as the first."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Trial:
    """A recipe's environment after its tests ran."""

    recipe: Recipe
    interpreter: Interpreter
    resolved: Resolved
    packages: Path
    attempt: Attempt

    @property
    def score(self) -> tuple[bool, int]:
        return not self.attempt.reason, self.attempt.passed


@dataclass(frozen=True)
class Builder:
    """Where environments of clones are built, and with which hand-written recipes."""

    sandboxes: Sandboxes
    folders: Folders
    recipes: Sequence[Recipe] = ()

    def build_from(self, wanted: Wanted, read: Callable[[], Tree]) -> CloneEnvironment:
        """Build an environment of a tree that is read when its turn comes."""
        try:
            return self.build(wanted, read())
        finally:
            for kind in ("trial", "build"):
                self.folders.remove(f"{wanted.name}.{kind}")

    def build(self, wanted: Wanted, tree: Tree) -> CloneEnvironment:
        """Build an environment; a repository that cannot be built is a record with every attempt's reason."""
        started = time.monotonic()
        declarations = read_declarations(tree)
        for fault in declarations.faults:
            logger.warning("%s: %s; what the other files declare counts", wanted.name, fault)
        trials: list[_Trial] = []
        attempts: list[Attempt] = []
        for outcome in self._try_all(wanted, tree, declarations):
            attempt = outcome if isinstance(outcome, Attempt) else outcome.attempt
            attempts.append(attempt)
            trials += [outcome] if isinstance(outcome, _Trial) else []
            if not attempt.reason or attempt.reason.startswith(_HOPELESS):
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
        return self.folders.make(name, tree, built, interpreter, self.folders.root / environment.packages)

    def build_metadata(self, name: str, tree: Tree, environment: CloneEnvironment) -> Built | None:
        """Build a tree's wheel for what the build says and adds; None where it does not build."""
        interpreter = get_interpreter(environment.python, find_interpreters())
        maker = WheelMaker(
            self.sandboxes, self.folders, interpreter, datetime.fromisoformat(environment.date)
        )
        try:
            return maker.read(name, tree, read_declarations(tree).project, environment.version)
        except BuildError as error:
            logger.info("%s: %s", name, error)
            return None
        finally:
            self.folders.remove(f"{name}.build")

    def _pythons(self, wanted: Wanted, declarations: Declarations) -> list[str]:
        hand = find_recipe(self.recipes, wanted.repo, wanted.version)
        if hand is not None:
            return [hand.python]
        return choose_pythons(declarations, wanted.date, [found.short for found in find_interpreters()])

    def _try_all(self, wanted: Wanted, tree: Tree, declarations: Declarations) -> Iterator[_Trial | Attempt]:
        for python in self._pythons(wanted, declarations):
            yield from self._try_python(python, wanted, tree, declarations)

    def _try_python(
        self, python: str, wanted: Wanted, tree: Tree, declarations: Declarations
    ) -> Iterator[_Trial | Attempt]:
        """Try the recipes on one Python."""
        built: Built | None = None
        try:
            interpreter = get_interpreter(python, find_interpreters())
            maker = WheelMaker(self.sandboxes, self.folders, interpreter, wanted.date)
            built = maker.read(wanted.name, tree, declarations.project, wanted.version)
        except BuildError as error:
            yield Attempt(python, "the project's build", "build", str(error))
        hand = find_recipe(self.recipes, wanted.repo, wanted.version)
        known = built or Built()
        candidates = (
            [complete(hand, declarations, known)]
            if hand
            else with_additions(
                find_candidates(wanted.repo, python, declarations, known, tree, wanted.test_files),
                wanted.additions,
            )
        )
        own = own_requirements(declarations, built)
        for recipe in candidates:
            yield self._try_recipe(recipe, own if recipe.own_requirements else (), wanted, tree, built)

    def _try_recipe(
        self, recipe: Recipe, own: Sequence[str], wanted: Wanted, tree: Tree, built: Built | None
    ) -> _Trial | Attempt:
        """Resolve, install and run the tests; what their log says is missing is added, and they run again."""
        stage = "resolve"
        outcome: _Trial | Attempt | None = None
        try:
            interpreter = get_interpreter(recipe.python, find_interpreters())
            for _ in range(_ROUNDS):
                stage = "resolve"
                recipe, resolved = self._resolve(recipe, own, interpreter, wanted)
                stage = "install"
                packages = self.folders.packages(resolved.pins, interpreter)
                stage = "tests"
                folder = self.folders.make(f"{wanted.name}.trial", tree, built, interpreter, packages)
                run = self._run(folder, wanted.test_files)
                outcome = _Trial(recipe, interpreter, resolved, packages, _judge(recipe, run))
                learned = set(missing_distributions(run.log, tree)) - set(recipe.requirements)
                if not outcome.attempt.reason or not learned or recipe.found_by == "hand":
                    break
                recipe = recipe.model_copy(update={"requirements": (*recipe.requirements, *sorted(learned))})
        except (BuildError, SandboxError) as error:
            return outcome or Attempt(recipe.python, recipe.found_by, stage, str(error))
        assert outcome is not None
        return outcome

    def _resolve(
        self, recipe: Recipe, own: Sequence[str], interpreter: Interpreter, wanted: Wanted
    ) -> tuple[Recipe, Resolved]:
        """Resolve a recipe; packages of sources alone are built, and what cannot be had is left out.

        A recipe that was written, and not found, loses nothing.
        """
        project, wheels = wanted.repo.rpartition("/")[2], self.folders.wheels(interpreter)
        maker = WheelMaker(self.sandboxes, self.folders, interpreter, wanted.date)
        tried: frozenset[str] = frozenset()
        while True:
            requirements = [*own, *recipe.requirements, "pytest"]
            try:
                return recipe, resolve(requirements, interpreter, wanted.date, project, wheels)
            except BuildError as error:
                lost = unobtainable_packages(str(error))
                if maker.make(lost - tried, requirements):
                    tried |= lost
                    continue
                kept = recipe.without(lost)
                if recipe.found_by == "hand" or kept == recipe:
                    raise
                logger.info("%s: not to be had: %s", wanted.name, ", ".join(sorted(lost)))
                recipe = kept

    def _run(self, folder: Path, test_files: Sequence[str]) -> TestRun:
        spec = sandbox_spec((folder / "source",), folder)
        return run_tests(self.sandboxes, spec, test_files, _TESTS_S)

    def _describe(self, record: CloneEnvironment, best: _Trial) -> CloneEnvironment:
        digest = hashlib.sha256(json.dumps([best.interpreter.full, best.resolved.pins]).encode()).hexdigest()
        size = sum(path.stat().st_size for path in best.packages.rglob("*") if path.is_file())
        return replace(
            record,
            recipe=best.recipe.model_dump(mode="json"),
            python=best.interpreter.full,
            pins=best.resolved.pins,
            undated=best.resolved.undated,
            digest=digest,
            packages=best.packages.relative_to(self.folders.root).as_posix(),
            bytes=size,
        )


def _judge(recipe: Recipe, run: TestRun) -> Attempt:
    """Say whether a recipe works: the report is believed, every file is collected, most tests pass."""
    say: Callable[..., Attempt] = partial(Attempt, recipe.python, recipe.found_by, "tests")
    if not run.trusted:
        return say(f"tests_do_not_run: {run.fault}; {first_errors(run.log)}")
    passed = sum(status == "PASSED" for status in run.statuses.values())
    broken = sorted(name for name, status in run.statuses.items() if status == "ERROR")
    failed = sum(status in ("FAILED", "ERROR") for status in run.statuses.values())
    if not passed:
        return say(f"no_test_passes: {failed} fail; {first_errors(run.log)}", failed=failed)
    if any("::" not in name for name in broken) or passed < _ENOUGH * (passed + failed):
        return say(
            f"tests_fail: {failed} of {passed + failed}, first {broken[:1]}", passed=passed, failed=failed
        )
    return say("", passed=passed, failed=failed)

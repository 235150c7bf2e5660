"""Tries a recipe: resolves it, installs it, runs tests in it, and says whether it works."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from repodojo.environments.git_objects import Tree
from repodojo.environments.interpreters import Interpreter, find_interpreters, get_interpreter
from repodojo.environments.layers import sandbox_spec
from repodojo.environments.recipes.environment_records import SANDBOX, Attempt, Wanted
from repodojo.environments.recipes.folders import Folders, Ground
from repodojo.environments.recipes.imports import missing_distributions
from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.recipes.source_packages import WheelMaker
from repodojo.environments.recipes.uv import Resolved, resolve, unobtainable_packages
from repodojo.environments.recipes.wheel import Built
from repodojo.environments.sandbox import Sandboxes
from repodojo.errors import BuildError, SandboxError
from repodojo.grading.test_log import first_errors
from repodojo.grading.test_run import TestRun, run_tests

TESTS_S = 1800.0
_ROUNDS = 3
_ENOUGH = 0.8
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """A recipe's environment after its tests ran."""

    recipe: Recipe
    interpreter: Interpreter
    resolved: Resolved
    packages: Path
    attempt: Attempt

    @property
    def score(self) -> tuple[bool, int]:
        """Whether it works, and how many tests pass: the larger, the better."""
        return not self.attempt.reason, self.attempt.passed


@dataclass(frozen=True)
class Trier:
    """Where recipes are tried, and on what."""

    sandboxes: Sandboxes
    folders: Folders
    wanted: Wanted
    tree: Tree
    built: Built | None

    def try_recipe(self, recipe: Recipe, own: Sequence[str]) -> Trial | Attempt:
        """Resolve, install and run the tests; what their log says is missing is added, and they run again.

        Args:
            recipe: its system packages are there.
            own: what the project itself needs.
        """
        stage = "resolve"
        outcome: Trial | Attempt | None = None
        try:
            interpreter = get_interpreter(recipe.python, find_interpreters())
            for _ in range(_ROUNDS):
                stage = "resolve"
                recipe, resolved = self._resolve(recipe, own, interpreter)
                stage = "install"
                packages = self.folders.packages(resolved.pins, interpreter)
                stage = "tests"
                run = self._run(Ground(interpreter, packages, recipe.surroundings))
                outcome = Trial(recipe, interpreter, resolved, packages, judge(recipe, run))
                learned = set(missing_distributions(run.log, self.tree)) - set(recipe.requirements)
                if not outcome.attempt.reason or not learned or recipe.is_written:
                    break
                recipe = recipe.model_copy(update={"requirements": (*recipe.requirements, *sorted(learned))})
        except (BuildError, SandboxError) as error:
            reason = f"{SANDBOX}: {error}" if isinstance(error, SandboxError) else str(error)
            return outcome or Attempt(recipe.python, recipe.found_by, stage, reason)
        assert outcome is not None
        return outcome

    def _resolve(
        self, recipe: Recipe, own: Sequence[str], interpreter: Interpreter
    ) -> tuple[Recipe, Resolved]:
        """Resolve a recipe; packages of sources alone are built, and what cannot be had is left out.

        A recipe that was written, and not found, loses nothing.
        """
        wanted = self.wanted
        project, wheels = wanted.repo.rpartition("/")[2], self.folders.wheels(interpreter)
        maker = WheelMaker(self.sandboxes, self.folders, interpreter, wanted.date, recipe.surroundings)
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
                if recipe.is_written or kept == recipe:
                    raise
                logger.info("%s: not to be had: %s", wanted.name, ", ".join(sorted(lost)))
                recipe = kept

    def _run(self, ground: Ground) -> TestRun:
        with self.folders.make_temporary(
            f"{self.wanted.name}.trial", self.tree, self.built, ground
        ) as folder:
            spec = sandbox_spec((folder / "source",), folder)
            return run_tests(self.sandboxes, spec, self.wanted.test_files, TESTS_S)


def judge(recipe: Recipe, run: TestRun) -> Attempt:
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

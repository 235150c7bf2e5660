"""Runs a row's tests in fresh sandboxes, with and without its patches; each run is kept under its content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from repodojo.environments.recipes.environment_records import SANDBOX
from repodojo.environments.workshop import Workshop
from repodojo.errors import SandboxError, SetupError
from repodojo.grading.orders import CALM, Disturbance
from repodojo.grading.run import GRADER_VERSION
from repodojo.grading.test_log import first_errors
from repodojo.grading.test_run import TestRun, run_tests
from repodojo.instances.mining.lists import Statuses
from repodojo.instances.mining.records import Rejected
from repodojo.instances.test_runs import TestRunStore
from repodojo.types import Instance

RUN_S = 1800.0
"""SWE-bench's own limit: a busy machine must not change what is found."""
_GOLD, _HIDDEN = "/tmp/gold.patch", "/tmp/hidden.patch"  # noqa: S108 - inside the sandbox


@dataclass(frozen=True)
class DraftRuns:
    """The tests of an instance that is not proven yet."""

    draft: Instance
    environment: str
    """Digest of what is installed."""
    workshop: Workshop

    def run(self, with_gold: bool, repeat: int, disturbance: Disturbance = CALM) -> TestRun:
        """Run the hidden tests, with or without the gold patch.

        Raises:
            Rejected: they do not run, or their report is not believed.
        """
        kind, files = "gold" if with_gold else "empty", self._patches(with_gold)
        return self._believed(kind, self.draft.test_files, files, repeat, disturbance)

    def before(self, tests: Sequence[str]) -> Statuses:
        """Run test files of the base commit; empty where these do not run."""
        try:
            return self._believed("before", tests, {}, 0, CALM).statuses
        except Rejected:
            return {}

    def explain(self, test: str) -> str:
        """Run one test again with the gold patch and return what it says went wrong."""
        try:
            run = self._start([test], self._patches(True), CALM)
        except SandboxError as error:
            return str(error)
        return "it passes alone" if run.statuses.get(test) == "PASSED" else first_errors(run.log)

    def _patches(self, with_gold: bool) -> dict[str, bytes]:
        texts = {_HIDDEN: self.draft.test_patch} | ({_GOLD: self.draft.patch} if with_gold else {})
        return {path: text.encode() for path, text in texts.items()}

    def _start(self, tests: Sequence[str], files: Mapping[str, bytes], disturbance: Disturbance) -> TestRun:
        apply = " && ".join(f"git apply --whitespace=nowarn {path}" for path in files)
        spec = self.workshop.spec(self.draft)
        return run_tests(self.workshop.sandboxes, spec, tests, RUN_S, files, apply, disturbance)

    def _believed(
        self, kind: str, tests: Sequence[str], files: dict[str, bytes], repeat: int, disturbance: Disturbance
    ) -> TestRun:
        """Return a run that was kept under its content, or run the tests now."""
        limits = self.workshop.spec(self.draft).limits
        address = {
            **files,
            "base_commit": self.draft.base_commit.encode(),
            "conditions": f"{GRADER_VERSION} {RUN_S} {limits} {repeat} {disturbance}".encode(),
        }
        start = partial(self._start, tests, files, disturbance)
        stage = "repeats" if repeat else "first_runs"
        try:
            run = TestRunStore.of(self.workshop).get(self.environment, address, tests, start)
        except SetupError as error:
            raise Rejected(stage, f"{kind}_fails: {error}") from error
        except SandboxError as error:
            raise Rejected(stage, f"{SANDBOX}: {kind}: {error}") from error
        if not run.trusted:
            raise Rejected(stage, f"{kind}_not_believed: {run.fault}; {' '.join(run.log.split())[-300:]}")
        return run

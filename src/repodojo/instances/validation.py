"""Proves a candidate by the project's own tests, and makes an instance of it.

Cheapest first: a recorded call must show the bug, then tests that touch it must fail. They run twice with
it: on the pristine project with the bug put in, and as a grader would, on the instance's own commit with
the hidden tests put back. Without it the whole suite passed twice when the environment was built, and each
selection passes here once more (kept by content, it runs once for all candidates that share it). A failed
candidate is a record.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from repodojo.environments.build_records import EnvironmentBuild, RecordedCall
from repodojo.environments.git_objects import read_tree
from repodojo.environments.layers import environment_sandbox_spec
from repodojo.environments.line_ranges import decode_lines
from repodojo.environments.sandbox import Limits, SandboxSpec
from repodojo.environments.watch import run_calls
from repodojo.environments.workshop import Workshop
from repodojo.errors import BuildError
from repodojo.grading.test_run import TestRun, run_tests
from repodojo.instances.assembly import assemble_instance
from repodojo.instances.candidates import Candidate
from repodojo.instances.issue_text import Symptom, find_symptom, order_calls
from repodojo.instances.proof import Proof, Rejected, compare_runs
from repodojo.instances.settings import InjectionSettings
from repodojo.instances.splitting import functions_of
from repodojo.instances.test_runs import TestRunStore
from repodojo.types import SCHEMA_VERSION, Instance

VALIDATOR_VERSION = 3
"""Raised when the same candidate would get another record."""
BASE_RUN_EVERY = 8
"""One in so many instances also runs the tests that its base commit keeps."""
_LIMITS = Limits(cpu_s=12)
"""Processor time: a busy machine must not change what is found. Most selections take a second or two."""
_RUN_S = 180.0
_CALLS_S = 10.0
_MOST_SLOW = 1
_PATCH = "/tmp/some.patch"  # noqa: S108 - inside the sandbox
_SNIPPET = "/tmp/snippet.py"  # noqa: S108


@dataclass(frozen=True)
class Validation:
    """What became of a candidate."""

    candidate_id: str
    environment: str
    kind: str
    path: str
    function: str
    reason: str
    """Why it is no instance; empty where it is one."""
    detail: str = ""
    instance: Instance | None = None
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION


def summarise(validation: Validation) -> dict[str, int]:
    """Count for the live bar."""
    return {"proven": int(validation.instance is not None)}


def validate_candidate(
    candidate: Candidate,
    build: EnvironmentBuild,
    settings: InjectionSettings,
    workshop: Workshop,
    runs: TestRunStore,
) -> Validation:
    """Return the candidate's instance, or the reason why it is none."""
    started = time.monotonic()
    bug = candidate.mutation
    record = Validation(candidate.candidate_id, candidate.environment, bug.kind, bug.path, bug.function, "")
    prover = Prover(candidate, build, settings, workshop, runs)
    try:
        record = replace(record, instance=prover.prove())
    except Rejected as rejection:
        reason, _, detail = str(rejection).partition(": ")
        record = replace(record, reason=reason, detail=detail[:300])
    return replace(record, seconds=round(time.monotonic() - started, 2))


@dataclass(frozen=True)
class Prover:
    """The steps of one validation; each raises `Rejected` where the candidate fails it."""

    candidate: Candidate
    build: EnvironmentBuild
    settings: InjectionSettings
    workshop: Workshop
    runs: TestRunStore

    def prove(self) -> Instance:
        """Take all steps."""
        symptom = self._find_symptom()
        proof = self._compare()
        tree = read_tree(self.workshop.environments / self.build.environment.source)
        instance = assemble_instance(self.candidate, self.build, tree, symptom, proof)
        self._check_issue(instance, symptom)
        self._repeat(instance, proof)
        if int(self.candidate.candidate_id[-8:], 16) % BASE_RUN_EVERY == 0:
            self._run_base(instance)
        return instance

    def _find_symptom(self) -> Symptom:
        """Repeat the recorded calls that meet the bug; return the first that shows it."""
        calls = order_calls(calls_meeting(self.candidate, self.build.calls), self.candidate.mutation)
        calls = calls[: self.settings.calls_per_candidate]
        outcomes = run_calls(
            self.workshop.sandboxes,
            environment_sandbox_spec(self.build.environment, self.workshop.environments),
            [vars(call) for call in calls],
            (),
            files_to_write=self._bug(),
            total_s=_CALLS_S,
            most_slow=_MOST_SLOW,
        )
        symptom = find_symptom(calls, outcomes)
        if symptom is None:
            hangs = any(outcome["raised"] and outcome["shown"] is None for outcome in outcomes)
            raise Rejected("hangs" if hangs else "no_symptom")
        return symptom

    def _compare(self) -> Proof:
        """Run the tests that touch the bug, without it and with it."""
        environment = self.build.environment
        spec = _testing(environment_sandbox_spec(environment, self.workshop.environments))

        def run(files: Mapping[str, bytes]) -> dict[str, str]:
            start = partial(
                run_tests, self.workshop.sandboxes, spec, self.candidate.test_files, _RUN_S, files
            )
            return self._statuses(files, start)

        return compare_runs(self.build.coverage, run({}), run(self._bug()), self.settings.most_failures)

    def _check_issue(self, instance: Instance, symptom: Symptom) -> None:
        """Run the issue's snippet on the instance's commit (git took both patches off), then repaired."""
        try:
            spec = self.workshop.spec(instance)
        except BuildError as error:
            raise Rejected(f"patches_do_not_come_off: {error}") from error
        with self.workshop.sandboxes.start(spec) as sandbox:
            sandbox.write(_SNIPPET, symptom.snippet.encode())
            sandbox.write(_PATCH, instance.patch.encode())
            show = f"python {_SNIPPET} 2>&1 | tail -n 1"
            shown = [sandbox.run(command, _RUN_S).text for command in (show, f"git apply {_PATCH} && {show}")]
        if [text.rstrip("\n") for text in shown] != [symptom.actual, symptom.expected]:
            raise Rejected(f"issue_differs: {symptom.snippet!r} shows {shown!r}")

    def _repeat(self, instance: Instance, proof: Proof) -> None:
        """Run the same tests as a grader would after an empty patch."""
        spec = _testing(self.workshop.spec(instance))
        files = {_PATCH: instance.test_patch.encode()}
        start = partial(
            run_tests,
            self.workshop.sandboxes,
            spec,
            instance.test_files,
            _RUN_S,
            files,
            f"git apply {_PATCH}",
        )
        statuses = self._statuses({"base_commit": instance.base_commit.encode(), **files}, start)
        again = tuple(
            test for test in instance.FAIL_TO_PASS + instance.PASS_TO_PASS if statuses.get(test) != "PASSED"
        )
        if again != proof.fail_to_pass:
            raise Rejected("bug_differs")

    def _run_base(self, instance: Instance) -> None:
        """Run what the base commit keeps: every kept test passes, no hidden one is there."""
        spec = _testing(self.workshop.spec(instance))
        start = partial(run_tests, self.workshop.sandboxes, spec, instance.test_files, _RUN_S)
        statuses = self._statuses({"base_commit": instance.base_commit.encode()}, start)
        if hidden := set(instance.FAIL_TO_PASS) & statuses.keys():
            raise Rejected(f"hidden_test_visible: {min(hidden)}")
        cut = functions_of(instance.FAIL_TO_PASS)
        for test in instance.PASS_TO_PASS:
            ((file, names),) = functions_of([test]).items()
            if statuses.get(test) != "PASSED" and not names & cut.get(file, frozenset()):
                raise Rejected(f"kept_test_fails: {test}")

    def _bug(self) -> dict[str, bytes]:
        path = self.candidate.mutation.path
        return {path: self.candidate.mutation.apply(self.build.sources[path]).encode()}

    def _statuses(self, files: Mapping[str, bytes], start: Callable[[], TestRun]) -> dict[str, str]:
        """Return the statuses of stable tests and of files that cannot be collected."""
        run = self.runs.get(self.build.environment.digest, files, self.candidate.test_files, start)
        if run.timed_out:
            raise Rejected("timeout")
        if not run.trusted:
            raise Rejected(f"not_believed: {run.fault}")
        return {
            test: s for test, s in run.statuses.items() if test in self.build.coverage or "::" not in test
        }


def _testing(spec: SandboxSpec) -> SandboxSpec:
    """Return the spec for a run of tests that may never end."""
    return replace(spec, limits=_LIMITS)


def calls_meeting(candidate: Candidate, calls: Sequence[RecordedCall]) -> list[RecordedCall]:
    """Return the recorded calls that execute the changed code."""
    lines, path = set(candidate.mutation.lines), candidate.mutation.path
    return [call for call in calls if lines & decode_lines(call.lines.get(path, ""))]

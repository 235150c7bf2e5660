"""Proves a candidate by the project's own tests: they pass, fail with the bug, and pass again without it.

The order is cheapest first: a recorded call must show the bug, then the tests that touch it must fail. The bug
runs twice, so does the pristine selection (kept by content, it runs once for all candidates that share it), and the
instance's own tree runs the tests that it keeps. What fails any of this is a record with its reason.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from repodojo.environments.build_records import EnvironmentBuild, RecordedCall
from repodojo.environments.git_objects import Blob, commit_hash, read_tree
from repodojo.environments.layers import environment_sandbox_spec
from repodojo.environments.line_ranges import decode_lines
from repodojo.environments.watch import plain_asserts, run_calls
from repodojo.environments.workshop import Workshop
from repodojo.errors import BuildError
from repodojo.grading.test_run import TestRun, run_tests
from repodojo.instances.candidates import Candidate
from repodojo.instances.issue_text import (
    Symptom,
    find_leaks,
    find_symptom,
    names_function,
    names_module,
    order_calls,
    write_issue,
)
from repodojo.instances.settings import InjectionSettings
from repodojo.instances.splitting import cut_functions, functions_of, make_patch
from repodojo.instances.test_runs import TestRunStore
from repodojo.types import SCHEMA_VERSION, Instance

_START_S = 6.0
_SLOWER = 5.0
_CALLS_S = 10.0
_MOST_SLOW = 1


class Rejected(Exception):  # noqa: N818 - not an error: an outcome
    """A candidate is not an instance; the argument says why."""


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


@dataclass(frozen=True)
class Proof:
    """What the tests did to a bug."""

    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]


def validate_candidate(
    candidate: Candidate,
    build: EnvironmentBuild,
    settings: InjectionSettings,
    workshop: Workshop,
    runs: TestRunStore,
) -> Validation:
    """Return the candidate's instance, or the reason why it is none."""
    started = time.monotonic()
    mutation = candidate.mutation
    record = Validation(
        candidate.candidate_id, candidate.environment, mutation.kind, mutation.path, mutation.function, ""
    )
    try:
        symptom = _symptom(candidate, build, settings, workshop)
        proof = _prove(candidate, build, settings, workshop, runs)
        instance = _assemble(candidate, build, workshop, symptom, proof)
        _check_base(instance, build, workshop, runs)
        record = replace(record, instance=instance)
    except Rejected as rejection:
        reason, _, detail = str(rejection).partition(": ")
        record = replace(record, reason=reason, detail=detail[:300])
    return replace(record, seconds=round(time.monotonic() - started, 2))


def _symptom(
    candidate: Candidate, build: EnvironmentBuild, settings: InjectionSettings, workshop: Workshop
) -> Symptom:
    """Repeat the recorded calls that meet the bug; return the first that shows it."""
    calls = order_calls(calls_meeting(candidate, build.calls), candidate.mutation)[: settings.calls_per_candidate]
    outcomes = run_calls(
        workshop.sandboxes,
        environment_sandbox_spec(build.environment, workshop.environments),
        [vars(call) for call in calls],
        (),
        files_to_write=_with_bug(candidate, build),
        total_s=_CALLS_S,
        most_slow=_MOST_SLOW,
    )
    symptom = find_symptom(calls, outcomes)
    if symptom is None:
        hangs = any(outcome["raised"] and outcome["shown"] is None for outcome in outcomes)
        raise Rejected("hangs" if hangs else "no_symptom")
    return symptom


def calls_meeting(candidate: Candidate, calls: Sequence[RecordedCall]) -> list[RecordedCall]:
    """Return the recorded calls that execute the changed code."""
    lines = set(candidate.mutation.lines)
    return [call for call in calls if lines & decode_lines(call.lines.get(candidate.mutation.path, ""))]


def _prove(
    candidate: Candidate,
    build: EnvironmentBuild,
    settings: InjectionSettings,
    workshop: Workshop,
    runs: TestRunStore,
) -> Proof:
    """Run the tests with the bug, without it, and with it again."""
    spec = plain_asserts(environment_sandbox_spec(build.environment, workshop.environments))
    limit_s = _START_S + _SLOWER * sum(build.file_s.get(file, 0.0) for file in candidate.test_files)

    def run(files: Mapping[str, bytes], repetition: int) -> dict[str, str]:
        def start() -> TestRun:
            return run_tests(workshop.sandboxes, spec, candidate.test_files, limit_s, files)

        return _believed(runs.get(build.environment.digest, files, candidate.test_files, repetition, start))

    bug = _with_bug(candidate, build)
    proof = compare_runs(set(build.coverage), run({}, 0), run(bug, 0), settings.most_failures)
    if run({}, 1) != run({}, 0):
        raise Rejected("gold_differs")
    if run(bug, 1) != run(bug, 0):
        raise Rejected("bug_differs")
    return proof


def compare_runs(
    stable: set[str], gold: Mapping[str, str], buggy: Mapping[str, str], most_failures: int
) -> Proof:
    """Return which stable tests fail only with the bug, and which pass in both runs.

    Raises:
        Rejected: no test fails, whole files cannot be collected, or too much fails.
    """
    passing = sorted(test for test in stable & gold.keys() if gold[test] == "PASSED")
    failing = tuple(test for test in passing if buggy.get(test) != "PASSED")
    broken = sorted(test for test in buggy if "::" not in test)
    if broken:
        raise Rejected(f"breaks_collection: {', '.join(broken)}")
    if not failing:
        raise Rejected("no_test_fails")
    if len(failing) > most_failures:
        raise Rejected(f"too_many_failures: {len(failing)}")
    return Proof(failing, tuple(test for test in passing if buggy.get(test) == "PASSED"))


def _believed(run: TestRun) -> dict[str, str]:
    if run.timed_out:
        raise Rejected("timeout")
    if not run.trusted:
        raise Rejected(f"not_believed: {run.fault}")
    return run.statuses


def _with_bug(candidate: Candidate, build: EnvironmentBuild) -> dict[str, bytes]:
    path = candidate.mutation.path
    return {path: candidate.mutation.apply(build.sources[path]).encode()}


def _assemble(
    candidate: Candidate, build: EnvironmentBuild, workshop: Workshop, symptom: Symptom, proof: Proof
) -> Instance:
    """Cut the failing tests out, write the patches and the issue, and name the base commit."""
    source = workshop.environments / build.environment.source
    mutation = candidate.mutation
    text = write_issue(symptom)
    if leaks := find_leaks(text, mutation.path, mutation.lines, proof.fail_to_pass):
        raise Rejected(f"issue_leaks: {', '.join(leaks)}")
    try:
        tests = functions_of(proof.fail_to_pass)
        whole = {file: (source / file).read_bytes().decode() for file in tests}
        cut = {file: cut_functions(whole[file], names) for file, names in tests.items()}
    except (BuildError, UnicodeDecodeError) as error:
        raise Rejected(f"tests_not_separable: {error}") from error
    pristine, buggy = build.sources[mutation.path], mutation.apply(build.sources[mutation.path])
    tree = read_tree(source)
    for path, content in {**cut, mutation.path: buggy}.items():
        tree[path] = Blob(tree[path].mode, content.encode())
    return Instance(
        instance_id=candidate.candidate_id,
        repo=build.environment.repo,
        version=build.environment.version,
        base_commit=commit_hash(tree),
        problem_statement=text,
        patch=make_patch({mutation.path: buggy}, {mutation.path: pristine}),
        test_patch=make_patch(cut, whole),
        FAIL_TO_PASS=proof.fail_to_pass,
        PASS_TO_PASS=proof.pass_to_pass,
        environment=build.environment.name,
        test_files=candidate.test_files,
        split=candidate.split,
        metadata=_metadata(candidate, symptom, text),
    )


def _metadata(candidate: Candidate, symptom: Symptom, text: str) -> dict[str, Any]:
    mutation = candidate.mutation
    return {
        "kind": mutation.kind,
        "path": mutation.path,
        "function": mutation.function,
        "lines": list(mutation.lines),
        "old": mutation.old,
        "new": mutation.new,
        "names_function": names_function(text, mutation.function),
        "names_module": names_module(symptom, mutation.path),
    }


def _check_base(instance: Instance, build: EnvironmentBuild, workshop: Workshop, runs: TestRunStore) -> None:
    """Build the instance's layer (git undoes both patches and must meet the base commit) and run what it keeps."""
    try:
        spec = workshop.spec(instance)
    except BuildError as error:
        raise Rejected(f"patches_do_not_come_off: {error}") from error
    limit_s = _START_S + _SLOWER * sum(build.file_s.get(file, 0.0) for file in instance.test_files)

    def start() -> TestRun:
        return run_tests(workshop.sandboxes, plain_asserts(spec), instance.test_files, limit_s)

    key = {"base_commit": instance.base_commit.encode()}
    statuses = _believed(runs.get(build.environment.digest, key, instance.test_files, 0, start))
    if hidden := set(instance.FAIL_TO_PASS) & statuses.keys():
        raise Rejected(f"hidden_test_visible: {min(hidden)}")
    hidden_functions = functions_of(instance.FAIL_TO_PASS)
    for test in instance.PASS_TO_PASS:
        (file, names), = functions_of([test]).items()
        if statuses.get(test) != "PASSED" and not names & hidden_functions.get(file, frozenset()):
            raise Rejected(f"kept_test_fails: {test}")

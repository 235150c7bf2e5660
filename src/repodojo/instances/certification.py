"""Certifies an instance in sandboxes: repeats, attacks, leaks, and mutants of the repaired code."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from repodojo.environments.build import Clock
from repodojo.environments.git_objects import Blob, Tree
from repodojo.environments.sandbox import Sandbox, SandboxSpec
from repodojo.environments.workshop import Workshop
from repodojo.grading.orders import CALM, Disturbance
from repodojo.grading.patches import is_protected, parse_patch
from repodojo.grading.run import GRADER_VERSION, grade
from repodojo.grading.test_run import TestRun, run_tests
from repodojo.grading.verdict import judge_statuses
from repodojo.instances.certificate import Certificate
from repodojo.instances.forgeries import forge_patches
from repodojo.instances.injection import Mutation
from repodojo.instances.mining.effects import kept_tests
from repodojo.instances.mutants import mutate_around
from repodojo.instances.settings import CertificationSettings
from repodojo.types import Instance

CERTIFIER_VERSION = 3
"""Raised when the same instance would get another certificate."""
_GOLD, _TESTS, _MUTANT = "/tmp/gold.patch", "/tmp/tests.patch", "/tmp/mutant"  # noqa: S108
_RUN_S = 60.0
_PROBE = Path(__file__).with_name("leak_probe.sh")


def certify_instance(
    instance: Instance, environment_digest: str, settings: CertificationSettings, workshop: Workshop
) -> Certificate:
    """Return the instance's certificate.

    Raises:
        BuildError: its sandbox cannot be made.
    """
    clock = Clock()
    certifier = _Certifier(instance, settings, workshop, workshop.spec(instance))
    with clock("repeats"):
        repeats = [CALM] * (settings.repeats - 1) + [Disturbance(settings.seed, bare=True)]
        without = [certifier.run(disturbance=each) for each in repeats]
        repaired = [certifier.run(gold=True, disturbance=each) for each in repeats]
    modules, unexamined = certifier.read_modules()
    with clock("attacks"):
        tests = instance.FAIL_TO_PASS + instance.PASS_TO_PASS
        forged = forge_patches(modules[0].path, modules[0].base, tests) if modules else {}
        forgeries = {name: certifier.grade(patch) for name, patch in forged.items()}
        with workshop.sandboxes.start(certifier.spec) as sandbox:
            leaks = find_leaks(sandbox, instance)
    with clock("mutants"):
        pairs = [(mutant, module.fixed) for module in modules for mutant in module.mutants]
        mutants = pairs[: settings.mutants]
        survivors = [mutant for mutant, fixed in mutants if certifier.survives(mutant, fixed)]
    return Certificate(
        instance_id=instance.instance_id,
        environment_digest=environment_digest,
        grader_version=GRADER_VERSION,
        nop=tuple(certifier.outcome(run) for run in without),
        oracle=tuple(certifier.outcome(run) for run in repaired),
        unsteady=tuple(sorted({*_unsteady(without, instance), *_unsteady(repaired, instance)})),
        forgeries=forgeries,
        leaks=leaks,
        mutants=len(mutants),
        survivors=tuple(f"{mutant.kind} {mutant.path}:{mutant.lines[0]}" for mutant in survivors),
        conditions=certifier.conditions(),
        unexamined=unexamined,
        seconds=clock.seconds,
    )


class _Module(NamedTuple):
    """A module that the gold patch repairs: its path, its text with the bug and without, other bugs."""

    path: str
    base: str
    fixed: str
    mutants: Sequence[Mutation]


@dataclass(frozen=True)
class _Certifier:
    instance: Instance
    settings: CertificationSettings
    workshop: Workshop
    spec: SandboxSpec

    def run(
        self,
        gold: bool = False,
        mutant: tuple[str, bytes] | None = None,
        disturbance: Disturbance = CALM,
    ) -> TestRun:
        """Run the hidden tests in a fresh sandbox, with the gold patch or without, and with another bug."""
        texts = {_TESTS: self.instance.test_patch, _GOLD: self.instance.patch if gold else ""}
        files = {path: text.encode() for path, text in texts.items() if text}
        steps = [f"git apply --whitespace=nowarn {path}" for path in files]
        if mutant is not None:
            files[_MUTANT] = mutant[1]
            steps.append(f"cp {_MUTANT} {quote(mutant[0])}")
        return run_tests(
            self.workshop.sandboxes,
            self.spec,
            self.instance.test_files,
            self.settings.timeout_s,
            files,
            " && ".join(steps),
            disturbance,
        )

    def conditions(self) -> dict[str, str]:
        """Say what every run had."""
        fixed = {"sandboxes": self.workshop.base, "order_seed": str(self.settings.seed)}
        return {**self.spec.environment, **fixed}

    def outcome(self, run: TestRun) -> str:
        """Say what a grader would, or why the run is not believed."""
        if run.timed_out or not run.trusted:
            return run.fault or "timeout"
        return judge_statuses(run.statuses, self.instance, "", "", 0.0).outcome

    def grade(self, patch: str) -> str:
        """Grade a patch as a rollout's is."""
        verdict = grade(patch, self.instance, self.workshop.sandboxes, self.spec, self.settings.timeout_s)
        return verdict.outcome

    def read_modules(self) -> tuple[list[_Module], str]:
        """Return the modules that the gold patch changes in place, and why there are no mutants, if so.

        Those come first in which a function changes.
        """
        files = [file for file in parse_patch(self.instance.patch) if file.old_path == file.new_path]
        names = [f.new_path for f in files if f.new_path.endswith(".py") and not is_protected(f.new_path)]
        with self.workshop.sandboxes.start(self.spec) as sandbox:
            before = {name: _read(sandbox, name) for name in names}
            sandbox.write(_GOLD, self.instance.patch.encode())
            sandbox.run(f"git apply --whitespace=nowarn {_GOLD}", _RUN_S)
            after = {name: _read(sandbox, name) for name in names}
        texts = ((name, before[name], after[name]) for name in names)
        found = [
            _Module(name, base, fixed, self._mutants(name, fixed))
            for name, base, fixed in texts
            if base is not None and fixed is not None
        ]
        found.sort(key=lambda module: not module.mutants)
        if not found:
            return [], "the gold patch changes no module in place that this Python can read"
        if self.settings.mutants and not found[0].mutants:
            return found, "no mutants: the gold patch changes nothing in a function that a bug can be put in"
        return found, ""

    def _mutants(self, path: str, fixed: str) -> Sequence[Mutation]:
        """Put other bugs into the functions around the repair."""
        settings = self.settings
        return mutate_around(self.instance.patch, path, fixed, settings.mutants, settings.seed)

    def survives(self, mutant: Mutation, fixed: str) -> bool:
        """Whether all FAIL_TO_PASS and PASS_TO_PASS pass with another bug in the repaired code."""
        run = self.run(gold=True, mutant=(mutant.path, mutant.apply(fixed).encode()))
        return self.outcome(run) == "resolved"


def _read(sandbox: Sandbox, path: str) -> str | None:
    """Return the text of a module; None where it is missing or no Python of this version in UTF-8."""
    shown = sandbox.run(f"cat {quote(path)}", _RUN_S)
    if shown.exit_code or shown.truncated:
        return None
    try:
        text = shown.output.decode()
        ast.parse(text)
    except (UnicodeDecodeError, SyntaxError, ValueError):
        return None
    return text


def _unsteady(runs: Sequence[TestRun], instance: Instance) -> set[str]:
    wanted = instance.FAIL_TO_PASS + instance.PASS_TO_PASS
    return {test for test in wanted if len({run.statuses.get(test) for run in runs}) > 1}


def find_leaks(sandbox: Sandbox, instance: Instance) -> tuple[str, ...]:
    """Look for the repair's history and the hidden tests where a rollout could; then apply the latter."""
    sandbox.write("/tmp/leaks.sh", _PROBE.read_bytes())  # noqa: S108
    history = sandbox.run("sh /tmp/leaks.sh", _RUN_S).text.split("\n")[:-1]
    return tuple([*history, *_test_leaks(sandbox, instance)])


def _test_leaks(sandbox: Sandbox, instance: Instance) -> list[str]:
    """Return the hidden test functions that a test file has as they are, before the hidden tests come.

    A test that the hidden tests rewrite, or give more cases, hides what it will ask.
    """
    names = {test.split("[", 1)[0] for test in instance.FAIL_TO_PASS}
    files = sorted({name.partition("::")[0] for name in names})
    before = _files(sandbox, files)
    sandbox.write(_TESTS, instance.test_patch.encode())
    sandbox.run(f"git apply --whitespace=nowarn {_TESTS}", _RUN_S)
    after = _files(sandbox, files)
    kept = frozenset[str]().union(*(kept_tests(before, after, file) for file in files))
    return [f"hidden_test: {name}" for name in sorted(names & kept)]


def _files(sandbox: Sandbox, paths: Sequence[str]) -> Tree:
    """Return those of some files that are there."""
    shown = {path: sandbox.run(f"cat {quote(path)}", _RUN_S) for path in paths}
    return {path: Blob("100644", each.output) for path, each in shown.items() if each.exit_code == 0}

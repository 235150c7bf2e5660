"""Proves a row of a clone by its own tests, and makes an instance of it.

Everything runs in fresh sandboxes with the hash seed and the time zone fixed. First one run with and one
without the gold patch, then repeats of both: of those with it one in another order, without programs that not
every machine has, and one by the grader itself. A test that varies is left out by name; a row that fails a
step is a record with that step's name and the reason.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from repodojo.environments.history import HISTORY, keep_history
from repodojo.environments.layers import forget_layer
from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.environment_records import SANDBOX, CloneEnvironment
from repodojo.environments.trees import patch_tree
from repodojo.environments.workshop import Workshop
from repodojo.errors import BuildError, InputError
from repodojo.grading.orders import CALM, Disturbance
from repodojo.grading.run import grade
from repodojo.instances.mining.draft_runs import RUN_S, DraftRuns
from repodojo.instances.mining.effects import changed_tests
from repodojo.instances.mining.lists import (
    Lists,
    Statuses,
    compare,
    contradictions,
    describe,
    published_lists,
    resolves,
    uncollected_files,
    varying_tests,
)
from repodojo.instances.mining.records import MinedValidation, Rejected
from repodojo.instances.mining.rows import hidden_test_files
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.sources.clone import Clone
from repodojo.instances.sources.clone_history import read_reachable
from repodojo.instances.sources.row import SourceRow, applicable_patch
from repodojo.types import Instance

MINING_VERSION = 5
"""Raised when the same row would get another record."""
_MOST_HISTORY = 32 << 20
"""Bytes of a base commit's history that its instance keeps; a larger one is cut to its newest generations."""
_GRADED = 2
"""The grader's tries, since a test may vary there alone."""


def validate_row(
    row: SourceRow,
    clone: Clone,
    environment: CloneEnvironment,
    settings: MiningSettings,
    builder: Builder,
    workshop: Workshop,
) -> MinedValidation:
    """Return the row's instance, or the stage at which it fails and the reason."""
    started = time.monotonic()
    record = MinedValidation(row.instance_id, row.repo, environment.name, "environment", "")
    prover = Prover(row, clone, environment, settings, builder, workshop)
    try:
        record = prover.prove(record)
    except Rejected as rejection:
        record = replace(record, stage=rejection.stage, reason=str(rejection)[:1000])
    return replace(record, seconds=round(time.monotonic() - started, 2))


@dataclass(frozen=True)
class Prover:
    """The steps of one validation; each raises `Rejected` where the row fails it."""

    row: SourceRow
    clone: Clone
    environment: CloneEnvironment
    settings: MiningSettings
    builder: Builder
    workshop: Workshop

    @property
    def _folder(self) -> str:
        """Name of the instance's environment: another one where other packages are installed."""
        return f"{self.row.instance_id}.{self.environment.digest[:8]}"

    def prove(self, record: MinedValidation) -> MinedValidation:
        """Take all steps."""
        if not self.environment.works:
            raise Rejected("environment", f"no_recipe_works: {self.environment.failure}")
        draft = self._prepare()
        runs = DraftRuns(draft, self.environment.digest, self.workshop)
        gold, empty = [runs.run(True, 0)], [runs.run(False, 0)]
        lists = self._lists(runs, gold[0].statuses, empty[0].statuses)
        for repeat in range(1, self.settings.repeats):
            empty.append(runs.run(False, repeat))
        last = max(1, self.settings.repeats - 2)  # the grader's own run is one more
        for repeat in range(1, last + 1):
            disturbance = Disturbance(self.settings.order_seed, bare=True) if repeat == last else CALM
            gold.append(runs.run(True, repeat, disturbance))
        varying = frozenset().union(
            *(varying_tests([run.statuses for run in same]) for same in (gold, empty))
        )
        lists = self._steady(lists, varying)
        right = [resolves(run.statuses, lists) for run in gold]
        if not all(right) or any(resolves(run.statuses, lists) for run in empty):
            raise Rejected("repeats", f"oracle_disagrees: gold {right}")
        instance, failed, graded_s = self._grade(draft, lists)
        return replace(
            record,
            stage="valid",
            instance=instance,
            repeats=len(empty),
            quarantined=tuple(sorted({*varying, *failed})),
            test_s=round(graded_s + sum(run.duration_s for run in (*gold, *empty)), 2),
        )

    def _steady(self, lists: Lists, varying: frozenset[str]) -> Lists:
        """Return the lists without tests that vary."""
        lists = lists.without(varying)
        if not lists.fail_to_pass:
            raise Rejected("repeats", f"flaky: every failing test varies: {', '.join(sorted(varying)[:5])}")
        return lists

    def _lists(self, runs: DraftRuns, gold: Statuses, empty: Statuses) -> Lists:
        """Return the lists that two runs give, or the published ones where the runs agree with them."""
        if self.row.FAIL_TO_PASS:
            return self._published(runs, gold, empty)
        uncollected = uncollected_files(empty)
        before = runs.before(self._of_base(runs.draft.test_files)) if uncollected else {}
        lists = compare(gold, empty, before, self._changed(uncollected))
        if not lists.fail_to_pass:
            raise Rejected("first_runs", f"no_fail_to_pass: {describe(gold, empty)}")
        return lists

    def _published(self, runs: DraftRuns, gold: Statuses, empty: Statuses) -> Lists:
        lists, missing = published_lists(
            self.row.FAIL_TO_PASS or (), self.row.PASS_TO_PASS or (), gold, empty
        )
        if missing:
            said = f"{len(missing)}, first {', '.join(missing[:3])}; {describe(gold, empty)}"
            raise Rejected("published", f"tests_missing: {said}")
        if wrong := contradictions(lists, gold, empty):
            one = wrong[0]
            listed = "FAIL_TO_PASS" if one in lists.fail_to_pass else "PASS_TO_PASS"
            seen = f"{listed} holds {one}, here {empty.get(one)} without the patch, {gold.get(one)} with it"
            said = f"{len(wrong)}, first {', '.join(wrong[:3])}; {seen}; {runs.explain(one)}"
            raise Rejected("published", f"tests_disagree: {said}")
        return lists

    def _of_base(self, tests: Sequence[str]) -> tuple[str, ...]:
        """Return the test files that the base commit has."""
        base = self.clone.tree(self.row.base_commit)
        return tuple(path for path in tests if path in base)

    def _prepare(self) -> Instance:
        """Make the row's environment: its commit with both patches, and what the build of its base adds."""
        row, name = self.row, self._folder
        try:
            base = self.clone.tree(row.base_commit)
            built = self.builder.build_metadata(name, base, self.environment)
            patches = [applicable_patch(row.patch), applicable_patch(row.test_patch)]
            gold = patch_tree(base, patches, self.builder.folders.root, row.instance_id)
            if bytecode := next((path for path in gold if path.endswith(".pyc")), None):
                raise BuildError(f"holds_bytecode: {bytecode} is tracked")
            folder = self.builder.prepare(name, gold, self.environment, built)
            history = read_reachable(self.clone, row.base_commit, _MOST_HISTORY)
            keep_history(history, folder / HISTORY)
            draft = self._draft(history.commit, patches, built.version if built else "")
            forget_layer(draft, self.workshop.layers)
            self.workshop.spec(draft)
        except (BuildError, InputError) as error:
            raise Rejected("prepare", str(error)) from error
        return draft

    def _draft(self, base_commit: str, patches: Sequence[str], version: str) -> Instance:
        row = self.row
        return Instance(
            instance_id=row.instance_id,
            repo=row.repo,
            version=row.version or version or self.environment.version,
            base_commit=base_commit,
            problem_statement=row.problem_statement,
            patch=patches[0],
            test_patch=patches[1],
            FAIL_TO_PASS=(),
            PASS_TO_PASS=(),
            environment=self._folder,
            test_files=hidden_test_files(row),
            split="held_out" if row.repo in self.settings.held_out else "train",
            hints_text=row.hints_text,
            created_at=row.created_at,
            metadata=self._metadata(),
        )

    def _metadata(self) -> dict[str, Any]:
        return {
            "kind": self.settings.source,
            "base_commit": self.row.base_commit,
            "environment": self.environment.name,
            "environment_digest": self.environment.digest,
            **{name: self.row.extra[name] for name in ("commit", "statement_from") if name in self.row.extra},
        }

    def _changed(self, files: Collection[str]) -> frozenset[str]:
        """Return the tests of some files that the hidden tests add or rewrite."""
        if not files:
            return frozenset()
        base = self.clone.tree(self.row.base_commit)
        patches = [applicable_patch(self.row.test_patch)]
        hidden = patch_tree(base, patches, self.builder.folders.root, self.row.instance_id)
        return frozenset().union(*(changed_tests(base, hidden, path) for path in files))

    def _grade(self, draft: Instance, lists: Lists) -> tuple[Instance, tuple[str, ...], float]:
        """Have the grader itself judge the gold patch; what fails there alone varies, and is left out too.

        Returns the instance, what is left out, and the seconds that it took.
        """
        varying: tuple[str, ...] = ()
        seconds = 0.0
        for _ in range(_GRADED):
            lists = self._steady(lists, frozenset(varying))
            instance = replace(draft, FAIL_TO_PASS=lists.fail_to_pass, PASS_TO_PASS=lists.pass_to_pass)
            spec = self.workshop.spec(instance)
            verdict = grade(instance.patch, instance, self.workshop.sandboxes, spec, RUN_S)
            seconds += verdict.duration_s
            if verdict.resolved:
                return instance, varying, seconds
            if verdict.outcome == "not_measured":
                raise Rejected("grade", f"{SANDBOX}: {verdict.cause}")
            varying = verdict.failed_tests
            if verdict.cause != "tests":
                break
        raise Rejected("grade", f"gold_not_resolved: {verdict.cause}; {', '.join(varying[:5])}")

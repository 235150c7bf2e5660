"""Results that survive a crash: each is written when it arrives, a manifest last.

Kedro's own partitioned dataset counts half of its partitions as complete under ``--only-missing-outputs`` and
mixes what different settings produced; here every fingerprint has its own folder (see `runs`), and the
dataset exists when the manifest of the run that the current configuration asks for does.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from kedro.io import AbstractDataset

from repodojo.datasets.configuration import Configuration, Saved
from repodojo.datasets.entries import checked
from repodojo.datasets.errors import IncompleteDatasetError, InputDatasetError
from repodojo.datasets.execution import Execution, interruptible
from repodojo.datasets.files import held
from repodojo.datasets.pacing import Pacer
from repodojo.datasets.plan import Plan, digest
from repodojo.datasets.progress import Progress, progress
from repodojo.datasets.ray_execution import RayExecution, checked_ray
from repodojo.datasets.records import Codec, load_object
from repodojo.datasets.runs import AskedRuns, Run, check_keys
from repodojo.datasets.stragglers import Stragglers
from repodojo.datasets.watch import Result
from repodojo.rollouts.concurrency import ConcurrencySettings

INFRASTRUCTURE_FAILURES = "infrastructure_failures"
"""The one counter of ``summarise`` with a meaning here: such results stay owed until the run is complete."""
GRACE_S = 10.0
"""How long thunks that run may take to end after Ctrl-C."""

logger = logging.getLogger(__name__)


class ResumablePartitionedDataset(AbstractDataset[Plan, dict[str, Any]]):
    """Does a `Plan` and keeps one JSON file for each result; loads ``{key: record}``, sorted by key."""

    def __init__(  # noqa: PLR0913 - the keys of a catalog entry
        self,
        *,
        path: str,
        record: str | None = None,
        max_workers: int = 1,
        progress: str = "",
        summarise: str | None = None,
        failure_threshold: float = 1.0,
        adaptive: dict[str, Any] | None = None,
        stragglers: dict[str, Any] | None = None,
        executor: Literal["threads", "ray"] = "threads",
        ray: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Describe where results lie and how they are made.

        Args:
            path: folder of all runs.
            record: dotted name of the results' type; without one, results are plain JSON values.
            max_workers: thunks that run at once.
            progress: label of the live bar.
            summarise: dotted name of ``record -> {counter: int}``, shown on the bar.
            failure_threshold: the share of ``infrastructure_failures`` above which `save` fails, after
                everything else was saved; the next run retries them.
            adaptive: settings of `ConcurrencySettings`; with them, so many run at once as the machine and the
                endpoint bear, up to ``max_workers``.
            stragglers: ``each_s`` and ``together_s``: seconds after which a thunk, or the last few, are given
                up.
            executor: ``threads`` of this process, or tasks of a ``ray`` cluster.
            ray: settings of `RaySettings`: the cluster, and what a thunk takes of it.
            metadata: of no concern to the dataset itself.
        """
        self._path = Path(path)
        self._codec = Codec(record)
        self._max_workers = max_workers
        self._label = progress or self._path.name
        self._summarise_name = summarise
        self._failure_threshold = failure_threshold
        self._concurrency = None if adaptive is None else checked(ConcurrencySettings, adaptive, "adaptive")
        self._stragglers = None if stragglers is None else checked(Stragglers, stragglers, "stragglers")
        self._ray = checked_ray(executor, ray, adaptive)
        self._asked = AskedRuns(self._path)
        self.configuration = Configuration()
        self.metadata = metadata
        self.saved: Saved | None = None

    def asked_for(self, configuration: Configuration) -> None:
        """Say which configuration's results `load`, `save` and `exists` are about."""
        self.configuration = configuration

    def load(self) -> dict[str, Any]:
        """Return the results of the run that the current configuration asks for."""
        run = self._current()
        keys = run.keys() if run else None
        if run is None or keys is None:
            raise IncompleteDatasetError(
                f"{self._path} holds no complete run for the current configuration; "
                f"`kedro run --to-outputs` of this dataset, or plain `kedro run`, makes it"
            )
        return {key: run.read(key) for key in keys}

    def save(self, data: Plan) -> None:
        """Do what the plan owes and keep each result.

        Raises:
            IncompleteDatasetError: thunks raised, or too many infrastructure failures, or the disk failed;
                whatever else arrived is saved.
        """
        if wrong := list(check_keys(data.thunks)):
            raise InputDatasetError(f"{self._path}: these keys cannot be file names: {wrong[:3]}")
        self.check_names()
        fingerprint = digest(data.fingerprint)
        try:
            with held(self._path / fingerprint):
                self._do(data, fingerprint)
        except OSError as error:
            raise IncompleteDatasetError(
                f"cannot write to {self._path}: {error.strerror or error}; what arrived before is saved: "
                f"make room or mend the folder, then run the same command to go on"
            ) from error

    def check_names(self) -> None:
        """Import what the catalog entry names.

        Raises:
            InputDatasetError: a name stands for nothing.
        """
        _ = self._codec.kind
        if self._summarise_name is not None:
            load_object(self._summarise_name)

    def _do(self, plan: Plan, fingerprint: str) -> None:
        run = Run(self._path / fingerprint, self._codec)
        if self._asked.find(self.configuration.digest) != fingerprint:
            self._asked.forget(self.configuration.digest)
        run.open({"fingerprint": dict(plan.fingerprint), **self.configuration.as_json()})
        complete = run.keys() == sorted(plan.thunks)
        found = {key: record for key in plan.thunks if (record := run.find(key)) is not None}
        found |= self._take_shared(plan, run, found)
        again = set(plan.resume(run.folder, found))
        owed = {
            key: thunk
            for key, thunk in plan.thunks.items()
            if key not in found or key in again or (not complete and self._failed(found[key]))
        }
        if owed:
            run.reopen()
            self._execute(plan, owed, run, found)
        run.finish(plan.thunks)
        self._asked.remember(self.configuration.digest, fingerprint)
        self.saved = Saved(len(owed), fingerprint, run.folder, plan.fingerprint)

    def _take_shared(self, plan: Plan, run: Run, found: Mapping[str, Any]) -> dict[str, Any]:
        """Take the results that another run made of the same parts of its fingerprint."""
        parts = {key: digest(part) for key, part in plan.parts.items()}
        run.share(parts)

        def good(record: Any) -> bool:
            return plan.shareable(record) and not self._failed(record)

        lacking = {key: part for key, part in parts.items() if key not in found or not good(found[key])}
        taken = run.find_shared(lacking, good)
        for key, record in taken.items():
            run.write(key, record)
        return taken

    def _execute(
        self, plan: Plan, owed: Mapping[str, Callable[[], Any]], run: Run, found: Mapping[str, Any]
    ) -> None:
        """Run what is owed, saving each result as it arrives; raise once the rest is saved."""
        logger.info("%s: %d of %d owed, into %s", self._label, len(owed), len(plan.thunks), run.folder)
        with progress(self._label, len(plan.thunks), len(plan.thunks) - len(owed)) as bar, interruptible():
            for key in found.keys() - owed.keys():
                bar.known(self._summary(found[key]))
            execution = self._start(plan, owed)
            try:
                errors = self._collect(execution.results(), run, bar)
            except BaseException as error:
                execution.cancel()
                plan.stop()
                if isinstance(error, KeyboardInterrupt):
                    self._collect(execution.results(timeout_s=GRACE_S), run, bar, keep_failures=False)
                    logger.warning("%s: interrupted; run the same command to go on", self._label)
                raise
        self._judge(errors, bar.counts[INFRASTRUCTURE_FAILURES], sorted(plan.thunks), run)

    def _start(self, plan: Plan, owed: Mapping[str, Callable[[], Any]]) -> Execution | RayExecution:
        if self._ray is not None:
            return RayExecution(owed, self._max_workers, self._ray, self._stragglers, plan.give_up)
        adaptive = self._concurrency
        pace = None if adaptive is None else Pacer(adaptive, self._max_workers, plan.latency)
        return Execution(owed, self._max_workers, pace, self._stragglers, plan.give_up)

    def _collect(
        self, results: Iterable[Result], run: Run, bar: Progress, keep_failures: bool = True
    ) -> dict[str, BaseException]:
        """Write results as they arrive; return the errors that thunks raised."""
        errors: dict[str, BaseException] = {}
        for result in results:
            error = result.error
            if error is None and (keep_failures or not self._failed(result.value)):
                error = run.write(result.key, result.value)
            if error is not None:
                errors[result.key] = error
            bar.arrived({"errors": 1} if error else self._summary(result.value))
        return errors

    def _judge(
        self, errors: Mapping[str, BaseException], failures: int, keys: Sequence[str], run: Run
    ) -> None:
        """Raise where thunks raised or too many results are infrastructure failures."""
        if errors:
            key, first = next(iter(errors.items()))
            raise IncompleteDatasetError(
                f"{self._path}: {len(errors)} of {len(keys)} raised, everything else is saved; "
                f"first '{key}': {type(first).__name__}: {first}"
            ) from first
        if failures > self._failure_threshold * len(keys):
            raise IncompleteDatasetError(
                f"{self._path}: {failures} of {len(keys)} are infrastructure failures, allowed are "
                f"{self._failure_threshold:.0%}; {self._first_failure(keys, run)}everything else is saved, "
                "the same command retries them"
            )

    def _first_failure(self, keys: Iterable[str], run: Run) -> str:
        """Return what the first result that failed says of it."""
        found = ((key, record) for key in keys if (record := run.find(key)) is not None)
        key, record = next((pair for pair in found if self._failed(pair[1])), ("", None))
        told = getattr(record, "error", "") or getattr(record, "cause", "")
        return f"first '{key}': {str(told)[:500]}; " if told else ""

    def _summary(self, record: Any) -> Mapping[str, int]:
        if self._summarise_name is None:
            return {}
        summary: Mapping[str, int] = load_object(self._summarise_name)(record)
        return summary

    def _failed(self, record: Any) -> bool:
        return bool(self._summary(record).get(INFRASTRUCTURE_FAILURES, 0))

    def _current(self) -> Run | None:
        """Return the run that the current configuration leads to."""
        fingerprint = self._asked.find(self.configuration.digest)
        return Run(self._path / fingerprint, self._codec) if fingerprint else None

    def _exists(self) -> bool:
        run = self._current()
        return run is not None and run.complete()

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path.as_posix(), "max_workers": self._max_workers}

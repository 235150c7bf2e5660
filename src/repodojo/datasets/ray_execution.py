"""Runs thunks as Ray tasks with declared resources; the results come back to this process, which keeps them.

A task that is lost with its worker or node is sent once more, then given up; nothing else of the run is.
What thunks hold must leave this process: a policy behind an address, paths on storage that every node sees.
A thunk that is given up is killed, unlike one on a thread.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from repodojo.datasets.entries import checked
from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.execution import STEP_S
from repodojo.datasets.stragglers import Stragglers
from repodojo.datasets.watch import Result, Watch

TRIES = 2
"""Of a task whose worker or node is lost."""

Thunk = Callable[[], Any]


class RaySettings(BaseModel):
    """The cluster, and what one thunk takes of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str | None = None
    """Of the cluster (``auto`` finds one that runs here); without it, one is made of this machine."""
    num_cpus: float = Field(1.0, ge=0)
    memory_gib: float = Field(2.0, ge=0)
    resources: Mapping[str, float] = {}
    """Custom resources of the cluster's nodes, such as those that may start sandboxes."""


def checked_ray(
    executor: str, given: Mapping[str, Any] | None, adaptive: Mapping[str, Any] | None
) -> RaySettings | None:
    """Return the settings of the executor ``ray``; None for ``threads``.

    Raises:
        InputDatasetError: naming what is wrong, or does not go together.
    """
    if executor not in ("threads", "ray"):
        raise InputDatasetError(
            f"unknown executor '{executor}' in the catalog, expected one of: ray, threads"
        )
    if executor == "threads":
        if given is not None:
            raise InputDatasetError("'ray' in the catalog is for 'executor: ray', found executor 'threads'")
        return None
    if adaptive is not None:
        raise InputDatasetError(
            "'adaptive' in the catalog measures this machine, and does not go with 'executor: ray': "
            "leave it out, and say under 'ray' what a thunk takes"
        )
    return checked(RaySettings, given or {}, "ray")


class _Task(NamedTuple):
    key: str
    thunk: Thunk
    tries: int
    since: float


class RayExecution:
    """Thunks that run on a cluster; iterate `results` to receive them, `cancel` to start no more."""

    def __init__(
        self,
        thunks: Mapping[str, Thunk],
        workers: int,
        settings: RaySettings,
        stragglers: Stragglers | None = None,
        give_up: Callable[[str, str], Any] | None = None,
    ) -> None:
        """Connect to the cluster, and see whether the thunks can be sent there.

        Raises:
            InputDatasetError: Ray is not installed, the cluster has not what a thunk takes, or a thunk cannot
                leave this process.
        """
        self._ray = connect(settings)
        check_resources(settings, self._ray.cluster_resources())
        check_thunk(self._ray, thunks)
        self._remote = self._ray.remote(_run).options(
            num_cpus=settings.num_cpus,
            memory=int(settings.memory_gib * 2**30),
            resources=dict(settings.resources),
            max_retries=0,
            scheduling_strategy="SPREAD",
        )
        self._waiting = deque(_Task(key, thunk, 1, 0.0) for key, thunk in thunks.items())
        self._running: dict[Any, _Task] = {}
        self._workers = max(1, workers)
        self._watch = Watch(stragglers, give_up, len(thunks))

    def results(self, timeout_s: float | None = None) -> Iterator[Result]:
        """Yield results as they arrive, until all are there or ``timeout_s`` has passed."""
        deadline = float("inf") if timeout_s is None else time.monotonic() + timeout_s
        while self._waiting or self._running:
            self._send()
            pause = max(0.0, min(STEP_S, deadline - time.monotonic()))
            done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=pause)
            for reference in done:
                yield from self._receive(reference)
            yield from self._give_up_overdue()
            if not done and time.monotonic() >= deadline:
                return

    def cancel(self) -> None:
        """Start no more thunks."""
        self._waiting.clear()

    def _send(self) -> None:
        while self._waiting and len(self._running) < self._workers:
            task = self._waiting.popleft()
            self._running[self._remote.remote(task.thunk)] = task._replace(since=time.monotonic())

    def _receive(self, reference: Any) -> Iterator[Result]:
        """Yield a task's result; none where it was lost and is sent again."""
        task = self._running.pop(reference)
        try:
            yield Result(task.key, value=self._ray.get(reference))
        except self._ray.exceptions.RayTaskError as error:
            yield Result(task.key, error=error.cause or error)
        except self._ray.exceptions.RayError as error:
            if task.tries < TRIES:
                self._waiting.append(task._replace(tries=task.tries + 1))
            else:
                told = str(error).splitlines()[0] if str(error) else type(error).__name__
                yield self._watch.given_up(
                    task.key, f"its worker or node was lost {task.tries} times: {told}"
                )

    def _give_up_overdue(self) -> Iterator[Result]:
        started = {task.key: task.since for task in self._running.values()}
        overdue = self._watch.overdue(started, len(self._waiting), time.monotonic())
        for reference, task in list(self._running.items()):
            if task.key in overdue:
                del self._running[reference]
                self._ray.cancel(reference, force=True)
                yield self._watch.given_up(task.key, overdue[task.key])


def connect(settings: RaySettings) -> Any:
    """Return Ray, connected to the cluster.

    Raises:
        InputDatasetError: it is not installed, or the cluster does not answer.
    """
    try:
        import ray  # noqa: PLC0415 - an extra, and a second to load
    except ImportError as error:
        raise InputDatasetError(
            "'executor: ray' in the catalog needs Ray, which is not installed; "
            "install the extra: pip install 'repodojo[ray]'"
        ) from error
    if not ray.is_initialized():
        try:
            ray.init(address=settings.address, include_dashboard=False, log_to_driver=False)
        except (ConnectionError, ValueError) as error:
            raise InputDatasetError(
                f"no Ray cluster answers at '{settings.address}' ({error}); start it, or mend 'address'"
            ) from error
    return ray


def check_resources(settings: RaySettings, there_are: Mapping[str, float]) -> None:
    """Refuse what no task would ever be given; Ray would let it wait without end.

    Raises:
        InputDatasetError: naming the resource, what a thunk takes and what there is.
    """
    memory = settings.memory_gib * 2**30
    for name, wanted in {"CPU": settings.num_cpus, "memory": memory, **settings.resources}.items():
        if wanted > there_are.get(name, 0.0):
            raise InputDatasetError(
                f"ray in the catalog: a thunk takes {wanted:g} of '{name}', and the cluster has "
                f"{there_are.get(name, 0.0):g}: mend the entry, or start nodes that have it"
            )


def check_thunk(ray: Any, thunks: Mapping[str, Thunk]) -> None:
    """Refuse thunks that hold what cannot leave this process.

    Raises:
        InputDatasetError: naming it.
    """
    for key, thunk in list(thunks.items())[:1]:
        try:
            ray.cloudpickle.dumps(thunk)
        except (TypeError, ValueError, AttributeError) as error:
            raise InputDatasetError(
                f"'executor: ray': '{key}' cannot be sent to a node ({error}); a policy must stand behind an "
                f"address (kind 'openai'), and a budget or an engine of this process works on threads alone"
            ) from error


def _run(thunk: Thunk) -> Any:
    return thunk()

"""Child runs in MLflow: one for each training and each evaluation, made once for what it is about."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from repodojo.datasets.configuration import Saved
from repodojo.datasets.plan import digest
from repodojo.tracking.lineage import flatten
from repodojo.training.logged import logged_steps, told_metrics

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

BATCH = 500
PARAMS_BATCH = 100
LONGEST_PARAM = 500
NAME_TAG = "repodojo.child_run"
FINGERPRINT_TAG = "repodojo.fingerprint"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChildRun:
    """What one child run says."""

    name: str
    fingerprint: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    steps: tuple[Mapping[str, float], ...] = ()
    """Rows of ``metrics.jsonl``: numbers by name, with their ``step``."""


def child_runs(
    declared: Mapping[str, Any], saved: Saved, data: Any, parameters: Mapping[str, Any]
) -> Iterator[ChildRun]:
    """Yield what a saved dataset says.

    Args:
        declared: the ``mlflow`` metadata of its catalog entry: ``child_run`` names the run, ``each`` makes
            one of each top-level key of the data.
        saved: what the dataset did.
        data: what was saved: a mapping of metrics, or a training plan.
        parameters: of the dataset's configuration.
    """
    name = str(declared["child_run"])
    if saved.path.is_dir():
        summary, steps = numbers(told_metrics(saved.path)), tuple(map(numbers, logged_steps(saved.path)))
        yield ChildRun(name, saved.digest, dict(saved.fingerprint), summary, steps)
    elif declared.get("each"):
        for key, metrics in data.items():
            yield _evaluation(f"{name}/{key}", parameters, numbers(metrics))
    else:
        yield _evaluation(name, parameters, numbers(data))


def _evaluation(name: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> ChildRun:
    """Build the run of an evaluation, which is what its parameters and numbers are."""
    return ChildRun(name, digest({"parameters": parameters, "metrics": metrics}), parameters, metrics)


def numbers(value: Any) -> dict[str, float]:
    """Return the finite numbers of nested mappings and lists, by dotted name."""
    found: dict[str, float] = {}
    for name, leaf in flatten(value):
        items = (
            {f"{name}.{i}": item for i, item in enumerate(leaf)} if isinstance(leaf, list) else {name: leaf}
        )
        for key, item in items.items():
            if isinstance(item, bool | int | float) and isfinite(item):
                found[key] = float(item)
            elif isinstance(item, Mapping):
                found |= {f"{key}.{inner}": number for inner, number in numbers(item).items()}
    return found


def log_child_run(
    client: "MlflowClient", experiment: str, parent: str, child: ChildRun, tags: Mapping[str, str]
) -> str | None:
    """Write a child run, unless one of its name and fingerprint is there; return its id if it was written."""
    wanted = f"tags.`{NAME_TAG}` = '{child.name}' and tags.`{FINGERPRINT_TAG}` = '{child.fingerprint}'"
    if client.search_runs([experiment], filter_string=f"{wanted} and status = 'FINISHED'", max_results=1):
        return None
    own = {"mlflow.parentRunId": parent, NAME_TAG: child.name, FINGERPRINT_TAG: child.fingerprint}
    run_id: str = client.create_run(experiment, run_name=child.name, tags={**tags, **own}).info.run_id
    log_params(client, run_id, child.parameters)
    metrics = list(_metrics(child))
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + BATCH])
    client.set_terminated(run_id)
    return run_id


def log_params(client: "MlflowClient", run_id: str, parameters: Mapping[str, Any]) -> None:
    """Log nested parameters under dotted names."""
    from mlflow.entities import Param  # noqa: PLC0415

    params = [Param(name, str(value)[:LONGEST_PARAM]) for name, value in flatten(parameters)]
    for start in range(0, len(params), PARAMS_BATCH):
        client.log_batch(run_id, params=params[start : start + PARAMS_BATCH])


def _metrics(child: ChildRun) -> Iterator["Metric"]:
    """Yield the metrics of a child run, those of steps with their step."""
    from mlflow.entities import Metric  # noqa: PLC0415
    from mlflow.utils.time import get_current_time_millis  # noqa: PLC0415

    now = get_current_time_millis()
    for row in child.steps:
        step = int(row.get("step", 0))
        yield from (Metric(name, value, now, step) for name, value in row.items() if name != "step")
    prefix = "final." if child.steps else ""
    yield from (Metric(f"{prefix}{name}", value, now, 0) for name, value in child.metrics.items())

"""Rollouts as MLflow traces: the attempt, its turns, and in each the policy's answer and the command.

A trajectory has durations and no clock times, so a trace ends when it is logged. Of more rollouts than the
entry's ``traces`` a sample is logged, the same one every time; a trace says of how many it is one.
"""

import hashlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog

from repodojo.datasets.configuration import Saved
from repodojo.types import Message, Trajectory, Turn

if TYPE_CHECKING:
    from mlflow.entities import LiveSpan

FINGERPRINT_TAG = "repodojo.fingerprint"
LONGEST = 20_000
"""Characters of one message in a span; the data set holds the whole."""
SECOND_NS = 1_000_000_000

logger = logging.getLogger(__name__)


class TraceHooks:
    """Logs the rollouts of a dataset whose catalog entry asks for it, once for each fingerprint."""

    def __init__(self) -> None:
        self._catalog = DataCatalog()
        self._run_id: str | None = None

    @hook_impl(trylast=True)  # kedro-mlflow opens the run in this same hook
    def before_pipeline_run(self, catalog: DataCatalog) -> None:
        """Remember the catalog and the run."""
        import mlflow  # noqa: PLC0415

        active = mlflow.active_run()
        self._run_id = active.info.run_id if active else None
        self._catalog = catalog

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Log a sample; an unreachable server costs the traces, which the next run makes up for."""
        dataset: Any = self._catalog.get(dataset_name)
        most = (getattr(dataset, "metadata", None) or {}).get("mlflow", {}).get("traces")
        saved = getattr(dataset, "saved", None)
        if self._run_id is None or most is None or not isinstance(saved, Saved):
            return
        import mlflow  # noqa: PLC0415

        try:
            experiment = mlflow.get_run(self._run_id).info.experiment_id
            wanted = f"tags.`{FINGERPRINT_TAG}` = '{saved.digest}'"
            if not mlflow.search_traces(
                locations=[experiment], filter_string=wanted, max_results=1, return_type="list"
            ):
                found: Mapping[str, Trajectory] = dataset.load()
                for key in sample(found, most):
                    tags = {FINGERPRINT_TAG: saved.digest, "dataset": dataset_name, "of": str(len(found))}
                    log_trace(found[key], experiment, tags)
        except mlflow.exceptions.MlflowException as error:
            logger.warning("MLflow did not take the traces of %s: %s", dataset_name, error)


def sample(keys: Mapping[str, Any], most: int) -> list[str]:
    """Return at most so many keys, drawn by their own digests, in order."""
    drawn = sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())[:most]
    return sorted(drawn)


def log_trace(trajectory: Trajectory, experiment: str, tags: Mapping[str, str]) -> str:
    """Log one rollout, linked to the active run; return the trace's id."""
    import mlflow  # noqa: PLC0415
    from mlflow.utils.time import get_current_time_millis  # noqa: PLC0415

    end = get_current_time_millis() * 1_000_000
    clock = end - int(max(trajectory.duration_s, _seconds(trajectory)) * SECOND_NS)
    answers = [at for at, message in enumerate(trajectory.messages) if message.role == "assistant"]
    root = mlflow.start_span_no_context(
        name=trajectory.rollout_id,
        span_type="AGENT",
        inputs={"messages": _plain(trajectory.messages[: answers[0] if answers else None])},
        attributes={
            "instance_id": trajectory.instance_id,
            "policy": trajectory.policy,
            "scaffold": trajectory.scaffold,
            "temperature": trajectory.temperature,
            "attempt": trajectory.attempt,
        },
        tags={**tags, "rollout_id": trajectory.rollout_id, "exit_status": trajectory.exit_status},
        experiment_id=experiment,
        start_time_ns=clock,
    )
    bounds = [*answers, len(trajectory.messages)]
    for number, turn in enumerate(trajectory.turns):
        start, stop = (bounds[min(at, len(answers))] for at in (number, number + 1))
        clock = _log_turn(root, number, turn, trajectory.messages[start:stop], clock)
    root.end(
        outputs={"exit_status": trajectory.exit_status, "model_patch": trajectory.model_patch[:LONGEST]},
        status="ERROR" if trajectory.error else "OK",
        end_time_ns=end,
    )
    return str(root.trace_id)


def _log_turn(root: "LiveSpan", number: int, turn: Turn, messages: tuple[Message, ...], clock: int) -> int:
    """Log a turn from ``clock`` (ns) on; return when it ended."""
    import mlflow  # noqa: PLC0415

    answered = clock + int(turn.policy_s * SECOND_NS)
    ended = answered + int(turn.sandbox_s * SECOND_NS)
    span = mlflow.start_span_no_context(f"turn {number + 1}", "CHAIN", parent_span=root, start_time_ns=clock)
    usage = {"input_tokens": turn.prompt_tokens, "output_tokens": turn.completion_tokens}
    asked = mlflow.start_span_no_context(
        "policy",
        "LLM",
        parent_span=span,
        start_time_ns=clock,
        attributes={"finish_reason": turn.finish_reason, **usage},
    )
    asked.end(outputs={"answer": _plain(messages[:1])}, end_time_ns=answered)
    if turn.command is not None:
        command = turn.command[:LONGEST]
        done = mlflow.start_span_no_context(
            "command", "TOOL", parent_span=span, start_time_ns=answered, inputs={"command": command}
        )
        outputs = {"exit_code": turn.exit_code, "messages": _plain(messages[1:])}
        done.end(outputs=outputs, end_time_ns=ended)
    span.end(end_time_ns=ended)
    return ended


def _plain(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": each.role, "content": each.content[:LONGEST]} for each in messages]


def _seconds(trajectory: Trajectory) -> float:
    return sum(turn.policy_s + turn.sandbox_s for turn in trajectory.turns)

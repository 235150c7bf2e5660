"""Verdicts addressed by content: the same patch of an instance is never graded twice, by whichever policy.

The address holds the instance (with its environment and tests), the patch, what stands below the sandbox's
layers, the grader's version and its limits, so a different patch never gets an old verdict. A verdict that
measured nothing is not kept.
"""

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from repodojo.environments.workshop import Workshop
from repodojo.errors import InputError
from repodojo.grading.patches import patch_digest
from repodojo.grading.run import GRADER_VERSION, grade
from repodojo.grading.settings import GradingSettings
from repodojo.grading.verdict import not_measured
from repodojo.types import UNMEASURED_STATUSES, Instance, Trajectory, Verdict, from_json, to_json
from repodojo.unfinished import write_text


class VerdictStore:
    """A folder of verdicts; safe to use from many threads at once."""

    def __init__(self, root: Path) -> None:
        """Keep verdicts under ``root``."""
        self._root = root
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def get_or_grade(self, address: str, grade: Callable[[], Verdict]) -> Verdict:
        """Return the verdict kept under the address, or grade and keep it."""
        with self._guard:
            lock = self._locks[address]
        with lock:
            path = self._root / address[:2] / f"{address}.json"
            kept = _read(path)
            if kept is not None:
                return kept
            verdict = grade()
            if verdict.outcome != "not_measured":
                write_text(path, json.dumps(to_json(verdict)))
            return verdict


def _read(path: Path) -> Verdict | None:
    """Read a verdict; None where it is missing or torn, and so owed again."""
    try:
        return from_json(Verdict, dict(json.loads(path.read_text(encoding="utf-8"))), str(path))
    except (FileNotFoundError, ValueError, TypeError, InputError):
        return None


def verdict_address(instance: Instance, patch: str, base: str, settings: GradingSettings) -> str:
    """Return the address of the verdict on a patch in sandboxes on a `Sandboxes.base`."""
    parts = [to_json(instance), patch, base, GRADER_VERSION, settings.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def grade_trajectory(
    trajectory: Trajectory,
    instance: Instance,
    workshop: Workshop,
    store: VerdictStore,
    settings: GradingSettings,
) -> Verdict:
    """Return the verdict on a trajectory's patch, from the store where it is there.

    A rollout that ended for reasons outside the agent is not measured, whatever it left.
    """
    if trajectory.exit_status in UNMEASURED_STATUSES:
        cause = f"{trajectory.exit_status}: {trajectory.error}"
        digest = patch_digest(trajectory.model_patch)
        return not_measured(instance, trajectory.rollout_id, cause, digest)
    address = verdict_address(instance, trajectory.model_patch, workshop.base, settings)

    def grade_now() -> Verdict:
        spec = workshop.spec(instance)
        return grade(trajectory, instance, workshop.sandboxes, spec, settings.timeout_s, settings.rule)

    verdict = store.get_or_grade(address, grade_now)
    return replace(verdict, rollout_id=trajectory.rollout_id)

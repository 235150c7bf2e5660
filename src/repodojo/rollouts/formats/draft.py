"""What a foreign record says of one attempt, and how it becomes a trajectory and a verdict."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from repodojo.grading.patches import patch_digest
from repodojo.instances.sources.row import Rejection
from repodojo.rollouts.formats.conversation import count_turns
from repodojo.rollouts.formats.fields import find, unfit
from repodojo.rollouts.plan import rollout_id
from repodojo.types import Message, Outcome, Trajectory, Turn, Verdict

CAUSE = "published"
"""Cause of a verdict that came with the record."""
_FINAL = re.compile(r"<function=(?:finish|submit)>")
_STATUSES = tuple(
    (re.compile(pattern), status)
    for pattern, status in (
        (r"stuck", "StuckInLoop"),
        (r"exit_context|contextlength|context.?window", "ContextLength"),
        (r"maximum iteration|limitsexceeded|exit_cost|limits? (?:reached|exceeded)", "LimitsExceeded"),
        (r"timeexceeded|timed? ?out|exit_.*time", "TimeExceeded"),
        (r"formaterror|exit_format", "FormatError"),
        (r"^finish|submitted|^success", "Submitted"),
    )
)


@dataclass(frozen=True)
class Draft:
    """One attempt, as far as its record goes."""

    instance_id: str
    messages: tuple[Message, ...]
    model_patch: str
    exit_status: str
    policy: str = ""
    scaffold: str = ""
    temperature: float = 0.0
    error: str = ""
    duration_s: float = 0.0
    outcome: Outcome | None = None
    """None where nobody graded it."""
    turns: tuple[Turn, ...] | None = None
    """None where they follow from the messages."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """The functions offered, where calls are kept as calls."""


class Imported(NamedTuple):
    """What a file of trajectories gave."""

    trajectories: list[Trajectory]
    verdicts: list[Verdict]
    rejected: list[Rejection]


class Attempt(NamedTuple):
    """A trajectory, and its verdict where there is one."""

    trajectory: Trajectory
    verdict: Verdict | None = None

    @property
    def resolved_field(self) -> dict[str, bool]:
        """Return the field ``resolved`` of a record; none where nobody measured it."""
        if self.verdict is None or self.verdict.outcome == "not_measured":
            return {}
        return {"resolved": self.verdict.resolved}


def read_status(text: str) -> str:
    """Return our word for another system's end of a run; its own word where ours says nothing."""
    lowered = text.lower()
    return next((status for pattern, status in _STATUSES if pattern.search(lowered)), text or "Unknown")


def end_of(messages: Iterable[Message]) -> str:
    """Return ``Submitted`` where the last answer hands the work in; of others a conversation says nothing."""
    commands = [turn.command or "" for turn in count_turns(messages)]
    return "Submitted" if commands and _FINAL.match(commands[-1]) else "Unknown"


def read_outcome(data: Any, where: str, *names: str) -> Outcome | None:
    """Return the outcome that the flag at a dotted name says; None where there is no flag.

    Raises:
        InputError: it is no flag; the text ``"False"`` is none.
    """
    resolved = find(data, *names)
    if resolved is None:
        return None
    if isinstance(resolved, str) or resolved not in (0, 1):
        raise unfit(where, names, "true or false", resolved)
    return "resolved" if resolved else "unresolved"


def number_attempts(drafts: Iterable[Draft | Attempt]) -> list[Attempt]:
    """Make trajectories; attempts of an instance are numbered in order, our own records keep theirs."""
    counts: Counter[str] = Counter()
    attempts = []
    for draft in drafts:
        if isinstance(draft, Attempt):
            attempts.append(draft)
        else:
            attempts.append(_finish(draft, counts[draft.instance_id]))
            counts[draft.instance_id] += 1
    return attempts


def _finish(draft: Draft, attempt: int) -> Attempt:
    name = rollout_id(draft.instance_id, attempt)
    trajectory = Trajectory(
        rollout_id=name,
        instance_id=draft.instance_id,
        policy=draft.policy,
        scaffold=draft.scaffold,
        attempt=attempt,
        temperature=draft.temperature,
        seed=0,
        messages=draft.messages,
        turns=count_turns(draft.messages) if draft.turns is None else draft.turns,
        model_patch=draft.model_patch,
        exit_status=draft.exit_status,
        error=draft.error,
        duration_s=draft.duration_s,
        tools=draft.tools,
    )
    if draft.outcome is None:
        return Attempt(trajectory)
    digest = patch_digest(draft.model_patch)
    return Attempt(trajectory, Verdict(name, draft.instance_id, draft.outcome, CAUSE, (), digest))


def with_outcomes(attempts: Iterable[Attempt], outcomes: Mapping[str, Outcome]) -> list[Attempt]:
    """Give attempts without a verdict the outcome that a report has for their instance."""
    return [
        attempt
        if attempt.verdict is not None or attempt.trajectory.instance_id not in outcomes
        else Attempt(attempt.trajectory, _reported(attempt.trajectory, outcomes))
        for attempt in attempts
    ]


def _reported(trajectory: Trajectory, outcomes: Mapping[str, Outcome]) -> Verdict:
    name, instance_id = trajectory.rollout_id, trajectory.instance_id
    return Verdict(name, instance_id, outcomes[instance_id], CAUSE, (), patch_digest(trajectory.model_patch))

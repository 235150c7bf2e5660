"""What a Moatless rollout knows: the issue, the files, the code at hand and the pending change."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from repodojo.scaffolds.moatless.context import FileContext
from repodojo.scaffolds.moatless.index import CodeIndex, Place

State = Literal[
    "SearchCode",
    "IdentifyCode",
    "DecideRelevance",
    "PlanToCode",
    "ClarifyCodeChange",
    "EditCode",
    "Finished",
    "Rejected",
]


class Limits(NamedTuple):
    """Moatless' limits (SWE-Gym's ``scripts/single_sampling.py``, ``loop.py``); sizes are in tokens."""

    search_results: int = 75
    initial_tokens: int = 6000
    initial_results: int = 100
    initial_spans_per_file: int = 5
    result_tokens: int = 12_000
    context_tokens: int = 16_000
    edit_tokens: int = 750
    relevant_decisions: int = 1
    """Decisions that code at hand is relevant, after which searching ends though more may be missing."""
    transitions: int = 25
    visits: int = 8
    """Of PlanToCode and of EditCode, each."""
    retries: int = 2
    """Answers in a row that cannot be acted upon; one more ends the rollout."""


class Change(NamedTuple):
    """A change that is asked for; without lines they are still to be clarified."""

    instructions: str
    path: str
    span_id: str
    start: int = 0
    end: int = 0


@dataclass
class Board:
    """The state of a rollout beside which state it is in."""

    issue: str
    files: dict[str, str]
    """Every Python file's text, as it is now."""
    index: CodeIndex
    """Of the files as they were."""
    limits: Limits = field(default_factory=Limits)
    context: FileContext = field(default_factory=FileContext)
    results: list[Place] = field(default_factory=list)
    message: str = ""
    """What the next state has to say to the policy."""
    thoughts: str = ""
    """Of the last search."""
    diff: str = ""
    lint_errors: list[str] = field(default_factory=list)
    relevant: int = 0
    change: Change | None = None
    edited: str = ""
    """The path of a file that was changed and is not written yet."""
